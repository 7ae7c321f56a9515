//! Pictures of a network: what its filters look for, what its answers rest on.

use super::html::Html;
use super::run::Drawn;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use needledrop_training::pictures::{Colours, Filters, Picture, Pictures, Saliency};

/// The part of a run's section; nothing when no pictures were asked for.
pub(super) fn gallery(drawn: &Drawn) -> Html {
    let mut html = Html::new();
    let none = |html: &mut Html, text: &str| {
        html.leaf("h3", &[], "Filters");
        html.leaf("p", &[], text);
    };
    match drawn {
        Drawn::NotAsked => {}
        Drawn::NoConvolutions => none(
            &mut html,
            "No pictures: the model has no convolutions of its own.",
        ),
        Drawn::Failed(reason) => none(&mut html, &format!("No pictures: {reason}.")),
        Drawn::Pictures(pictures) => {
            filters(&mut html, pictures);
            saliency(&mut html, &pictures.saliency);
        }
    }
    html
}

fn filters(html: &mut Html, pictures: &Pictures) {
    html.leaf("h3", &[], "Filters");
    let (drawn, all) = (pictures.convolutions.len(), pictures.convolutions_in_all);
    let some = if drawn < all {
        format!(" {drawn} of {all} convolutions are drawn.")
    } else {
        String::new()
    };
    html.leaf(
        "p",
        &[],
        &format!(
            "Windows that excite a filter most, found by gradient ascent from noise: time goes right, the lowest \
             band is at the bottom (of networks on PCM: the waveform above its spectrum). Under each its channel \
             and its mean activation on the noise and on the picture.{some}"
        ),
    );
    for (index, convolution) in pictures.convolutions.iter().enumerate() {
        let open: &[(&'static str, &str)] = if index == 0 { &[("open", "open")] } else { &[] };
        html.element("details", open, |details| layer(details, convolution));
    }
}

fn layer(details: &mut Html, convolution: &Filters) {
    let [height, width, channels] = convolution.output;
    let name = &convolution.name;
    details.leaf(
        "summary",
        &[],
        &format!("{name}: {height} x {width} x {channels}"),
    );
    details.element("div", &[("class", "pictures")], |row| {
        for filter in &convolution.filters {
            let channel = filter.channel;
            row.element("figure", &[], |figure| {
                let alt = format!("what excites channel {channel} of {name}");
                picture(figure, &filter.picture, Colours::Viridis, &alt);
                let caption = format!("{channel}: {:.2} → {:.2}", filter.before, filter.after);
                figure.leaf("figcaption", &[], &caption);
            });
        }
    });
}

fn saliency(html: &mut Html, windows: &[Saliency]) {
    if windows.is_empty() {
        return;
    }
    html.leaf("h3", &[], "Saliency");
    html.leaf(
        "p",
        &[],
        "Validation windows as the network sees them, and how steeply the logit of its answer depends on each \
         value: the brighter, the more. Of each genre at most one that was answered rightly and one that was not.",
    );
    html.element("div", &[("class", "pictures")], |row| {
        for window in windows {
            row.element("figure", &[], |figure| {
                figure.element("div", &[("class", "pair")], |pair| {
                    let alt = format!("window of {}", window.clip);
                    picture(pair, &window.input, Colours::Viridis, &alt);
                    let alt = format!("saliency of {}", window.clip);
                    picture(pair, &window.map, Colours::Magma, &alt);
                });
                figure.element("figcaption", &[], |caption| {
                    caption.text(&format!("{}, taken for ", window.genre));
                    let class = if window.is_right() { "" } else { "wrong" };
                    caption.leaf("span", &[("class", class)], &window.answer);
                    caption.text(&format!(" ({:.2})", window.probability));
                });
            });
        }
    });
}

fn picture(html: &mut Html, picture: &Picture, colours: Colours, alt: &str) {
    let png = BASE64_STANDARD.encode(picture.png(colours));
    let (width, height) = (picture.width.to_string(), picture.height.to_string());
    html.void(
        "img",
        &[
            ("src", &format!("data:image/png;base64,{png}")),
            ("width", &width),
            ("height", &height),
            ("alt", alt),
        ],
    );
}

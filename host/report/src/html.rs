//! HTML, well-formed as XML: whatever text goes in, it stays text.

use std::fmt::Write;

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Html(String);

impl Html {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// An element with content.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes);
        self.0.push('>');
        content(self);
        // Into a String; it does not fail.
        let _ = writeln!(self.0, "</{name}>");
    }

    /// An element with text.
    pub(super) fn leaf(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) {
        self.element(name, attributes, |inside| inside.text(text));
    }

    /// An element that never has content, `meta` or `img`.
    pub(super) fn void(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.open(name, attributes);
        self.0.push_str("/>\n");
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) {
        self.escape(text);
    }

    /// Another piece.
    pub(super) fn append(&mut self, piece: &Self) {
        self.0.push_str(&piece.0);
    }

    /// Markup of a program that escapes by itself: plots, the style sheet.
    pub(super) fn trusted(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// The markup.
    pub(super) fn into_string(self) -> String {
        self.0
    }

    fn open(&mut self, name: &str, attributes: &[(&'static str, &str)]) {
        let _ = write!(self.0, "<{name}");
        for (attribute, value) in attributes {
            let _ = write!(self.0, " {attribute}=\"");
            self.escape(value);
            self.0.push('"');
        }
    }

    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Neither HTML nor XML can say them.
                c if c.is_control() && !matches!(c, '\n' | '\t') => self.0.push('\u{fffd}'),
                '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Html;
    use proptest::prelude::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let mut html = Html::new();
        html.leaf("td", &[("title", "a\"b'<c>&")], "<script>&\"'");
        assert_eq!(
            html.into_string(),
            "<td title=\"a&quot;b&#39;&lt;c&gt;&amp;\">&lt;script&gt;&amp;&quot;&#39;</td>\n"
        );
    }

    proptest! {
        #[test]
        fn any_text_comes_back_out_of_a_parser(text in any::<String>()) {
            let mut html = Html::new();
            html.leaf("p", &[("title", &text)], &text);
            let markup = html.into_string();
            let document = roxmltree::Document::parse(&markup).unwrap();
            let expected: String = text
                .chars()
                .map(|c| match c {
                    '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
                    c if c.is_control() && !matches!(c, '\n' | '\t') => '\u{fffd}',
                    c => c,
                })
                .collect();
            prop_assert_eq!(document.root_element().text().unwrap_or_default(), expected);
        }
    }
}

//! One label a track, from its top genre or from the tree of all genres.

use super::genres::Tree;
use super::metadata::GENRES;
use super::tracks::Track;
use crate::prepare::problem::ProblemKind;

/// Which genres are the labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Labels {
    /// The 16 top genres: `genre_top`, or the one that all genres of the track have.
    #[default]
    Top,
    /// All genres: the most specific one of the track, if its genres lie on one branch of the tree.
    All,
}

/// A track's label.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) genre: String,
    /// The row has no top genre; the tree gave it.
    pub(super) through_tree: bool,
    /// Genres of the row that the tree does not have, beside a sound top genre.
    pub(super) unknown_ids: Vec<u32>,
}

/// The label of a track, or why it has none.
pub(super) fn label(
    track: &Track,
    tree: Option<&Tree>,
    labels: Labels,
) -> Result<Label, (ProblemKind, String)> {
    match (labels, &track.genre_top, tree) {
        (Labels::Top, Some(genre), Some(tree)) if !tree.has_top(genre) => Err((
            ProblemKind::UnknownGenre,
            format!("{genre} is no top genre of {GENRES}"),
        )),
        (Labels::Top, Some(genre), tree) => Ok(Label {
            genre: genre.clone(),
            through_tree: false,
            unknown_ids: tree.map_or_else(Vec::new, |tree| tree.unknown(&track.genres)),
        }),
        (_, _, None) => Err((
            ProblemKind::NoGenre,
            format!("it has no genre_top, and there is no {GENRES} to look its genres up in"),
        )),
        (labels, _, Some(tree)) => through_tree(track, tree, labels),
    }
}

fn through_tree(
    track: &Track,
    tree: &Tree,
    labels: Labels,
) -> Result<Label, (ProblemKind, String)> {
    if let Some(unknown) = tree.unknown(&track.genres).first() {
        return Err((
            ProblemKind::UnknownGenre,
            format!("{GENRES} has no genre {unknown}"),
        ));
    }
    let (choice, which) = match labels {
        Labels::Top => (tree.tops(&track.genres), "top genres"),
        Labels::All => (tree.most_specific(&track.genres), "branches of the tree"),
    };
    match choice.as_slice() {
        [] => Err((ProblemKind::NoGenre, "it has no genre".to_owned())),
        [genre] => Ok(Label {
            genre: (*genre).to_owned(),
            through_tree: labels == Labels::Top,
            unknown_ids: Vec::new(),
        }),
        several => Err((
            ProblemKind::NoGenre,
            format!(
                "its genres are of {} {which}: {}",
                several.len(),
                several.join(", ")
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "genre_id,#tracks,parent,title,top_level\n\
        12,9,0,Rock,12\n25,9,12,Punk,12\n89,9,25,Post-Punk,12\n10,9,0,Pop,10\n76,9,10,Experimental Pop,10\n";

    fn labelled(top: &str, genres: &[u32], labels: Labels) -> Result<Label, (ProblemKind, String)> {
        let track = Track {
            genre_top: (!top.is_empty()).then(|| top.to_owned()),
            genres: genres.to_vec(),
            ..Track::default()
        };
        let mut problems = Vec::new();
        let tree = Tree::parse(TREE.as_bytes(), &mut problems).unwrap();
        assert!(problems.is_empty());
        label(&track, Some(&tree), labels)
    }

    fn genre(top: &str, genres: &[u32], labels: Labels) -> Result<String, ProblemKind> {
        labelled(top, genres, labels)
            .map(|label| label.genre)
            .map_err(|(kind, _)| kind)
    }

    #[test]
    fn the_top_genre_is_the_label_and_the_tree_fills_gaps() {
        use ProblemKind::{NoGenre, UnknownGenre};
        assert_eq!(genre("Rock", &[25], Labels::Top), Ok("Rock".to_owned()));
        assert_eq!(genre("", &[25, 89], Labels::Top), Ok("Rock".to_owned()));
        assert!(labelled("", &[25, 89], Labels::Top).unwrap().through_tree);
        assert_eq!(genre("", &[25, 76], Labels::Top), Err(NoGenre));
        assert_eq!(genre("", &[], Labels::Top), Err(NoGenre));
        assert_eq!(genre("Blorp", &[25], Labels::Top), Err(UnknownGenre));
        assert_eq!(genre("", &[9999], Labels::Top), Err(UnknownGenre));
        let odd = labelled("Rock", &[25, 9999], Labels::Top).unwrap();
        assert_eq!(odd.unknown_ids, [9999]);
    }

    #[test]
    fn all_genres_take_the_most_specific_on_one_branch() {
        use ProblemKind::{NoGenre, UnknownGenre};
        assert_eq!(
            genre("Rock", &[12, 25, 89], Labels::All),
            Ok("Post-Punk".to_owned())
        );
        assert_eq!(genre("Rock", &[12], Labels::All), Ok("Rock".to_owned()));
        assert_eq!(genre("", &[89, 76], Labels::All), Err(NoGenre));
        assert_eq!(genre("Rock", &[25, 9999], Labels::All), Err(UnknownGenre));
    }
}

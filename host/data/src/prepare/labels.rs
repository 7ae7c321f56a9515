//! Labels: the genres of clips go in, the labels of the data set come out, in the order of the logits.

use anyhow::ensure;
use needledrop_bundle::NO_MUSIC;
use std::collections::BTreeSet;

/// Labels in the order of the logits: sorted, the reserved one last.
pub(crate) fn labels_of<'a>(genres: impl Iterator<Item = &'a str>) -> Vec<String> {
    let distinct: BTreeSet<(bool, &str)> = genres.map(|genre| (genre == NO_MUSIC, genre)).collect();
    distinct
        .into_iter()
        .map(|(_, genre)| genre.to_owned())
        .collect()
}

/// Refuses what can't be trained on.
pub(crate) fn check_labels(labels: &[String]) -> anyhow::Result<()> {
    ensure!(
        !labels.is_empty(),
        "none of the clips could be used; see the reasons above"
    );
    ensure!(
        labels.len() > 1,
        "all clips are of one genre, {}; a model needs at least two (or one and {NO_MUSIC})",
        labels[0]
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_label_is_last() {
        let labels = labels_of(["zouk", NO_MUSIC, "blues", "zouk"].into_iter());
        assert_eq!(labels, ["blues", "zouk", NO_MUSIC]);
        assert!(check_labels(&labels[..1]).is_err());
        assert!(check_labels(&[]).is_err());
    }
}

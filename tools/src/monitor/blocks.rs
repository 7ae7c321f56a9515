//! Block characters and bars as shapes, for pictures: fonts leave gaps between them.

/// The filled parts of a block character or a bar in eighths of the cell; empty for every other character.
pub(super) fn blocks(symbol: &str) -> Vec<[f64; 4]> {
    let Some(symbol) = symbol.chars().next() else {
        return Vec::new();
    };
    let code = symbol as u32;
    match symbol {
        '━' => vec![[0.0, 3.25, 8.0, 1.5]],
        '╸' => vec![[0.0, 3.25, 4.0, 1.5]],
        '─' => vec![[0.0, 3.75, 8.0, 0.5]],
        '▀' => vec![[0.0, 0.0, 8.0, 4.0]],
        '▐' => vec![[4.0, 0.0, 4.0, 8.0]],
        // U+2581 to U+2588 grow from the foot, U+2589 to U+258F shrink to the left.
        '▁'..='█' => {
            let eighths = f64::from(code - 0x2580);
            vec![[0.0, 8.0 - eighths, 8.0, eighths]]
        }
        '▉'..='▏' => vec![[0.0, 0.0, f64::from(0x2590 - code), 8.0]],
        '▖'..='▟' => {
            // Which quarters: upper left, upper right, lower left, lower right.
            const QUARTERS: [[bool; 4]; 10] = [
                [false, false, true, false],
                [false, false, false, true],
                [true, false, false, false],
                [true, false, true, true],
                [true, false, false, true],
                [true, true, true, false],
                [true, true, false, true],
                [false, true, false, false],
                [false, true, true, false],
                [false, true, true, true],
            ];
            let places = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]];
            let filled = QUARTERS[(code - 0x2596) as usize].iter().zip(places);
            filled
                .filter(|(filled, _)| **filled)
                .map(|(_, [x, y])| [x, y, 4.0, 4.0])
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn blocks_fill_what_they_show() {
        let area = |symbol| blocks(symbol).iter().map(|[_, _, w, h]| w * h).sum::<f64>();
        let areas = ["█", "▌", "▏", "▁", "▇", "▀", "▐", "▖", "▛", "▟", "▞"].map(area);
        let expected = [
            64.0, 32.0, 8.0, 8.0, 56.0, 32.0, 32.0, 16.0, 48.0, 48.0, 32.0,
        ];
        assert_eq!(areas, expected);
        assert!(blocks("a").is_empty() && blocks(" ").is_empty() && blocks("…").is_empty());
    }
}

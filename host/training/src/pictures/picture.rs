//! A picture of numbers, and its PNG.

/// A picture, row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `[height, width]`.
    pub values: Vec<f32>,
    /// The values that the ends of the colour map stand for; what lies outside has their colours.
    pub range: [f32; 2],
}

/// A colour map, both perceptually uniform (matplotlib's).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// For windows.
    Viridis,
    /// For amounts: black is none.
    Magma,
}

impl Colours {
    /// The colours of 256 steps, as a PNG's palette.
    fn palette(self) -> Vec<u8> {
        let gradient = match self {
            Self::Viridis => colorous::VIRIDIS,
            Self::Magma => colorous::MAGMA,
        };
        (0..256)
            .flat_map(|step| gradient.eval_rational(step, 256).into_array())
            .collect()
    }
}

impl Picture {
    /// Frames from left to right, the lowest band at the bottom.
    ///
    /// # Shape
    /// `frames` `[frames, bands]`.
    pub(super) fn of_frames(frames: &[f32], bands: usize, range: [f32; 2]) -> Self {
        let width = frames.len() / bands;
        let values = (0..bands)
            .rev()
            .flat_map(|band| (0..width).map(move |frame| frames[frame * bands + band]))
            .collect();
        Self {
            width,
            height: bands,
            values,
            range,
        }
    }

    /// Pictures of one size beside each other, `columns` in a row, with `gap` pixels of the lowest colour between them.
    pub fn sheet(pictures: &[&Self], columns: usize, gap: usize) -> Option<Self> {
        let first = pictures.first()?;
        let columns = columns.clamp(1, pictures.len());
        let rows = pictures.len().div_ceil(columns);
        let (across, down) = (first.width + gap, first.height + gap);
        let (width, height) = (columns * across - gap, rows * down - gap);
        let mut values = vec![first.range[0]; width * height];
        for (index, picture) in pictures.iter().enumerate() {
            let at = index / columns * down * width + index % columns * across;
            let lines = picture.values.chunks_exact(picture.width);
            for (row, line) in lines.take(first.height).enumerate() {
                let line = &line[..line.len().min(first.width)];
                values[at + row * width..][..line.len()].copy_from_slice(line);
            }
        }
        Some(Self {
            width,
            height,
            values,
            range: first.range,
        })
    }

    /// Which of the 256 colours a value has.
    fn step(&self, value: f32) -> u8 {
        let [low, high] = self.range;
        // What is no number has the lowest colour.
        (255.0 * (value - low) / (high - low)).round() as u8
    }

    /// As a PNG file with a palette, one pixel a value.
    pub fn png(&self, colours: Colours) -> Vec<u8> {
        let pixels: Vec<u8> = self.values.iter().map(|&value| self.step(value)).collect();
        let mut out = Vec::new();
        // A window has far fewer columns and rows than 2^32.
        let mut encoder = png::Encoder::new(&mut out, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(colours.palette());
        #[expect(
            clippy::expect_used,
            reason = "a Vec takes everything, and there are as many pixels as the size says"
        )]
        encoder
            .write_header()
            .and_then(|mut writer| {
                writer.write_image_data(&pixels)?;
                writer.finish()
            })
            .expect("a picture has a pixel or more, and a Vec takes them");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{Colours, Picture};

    /// Two frames of three bands.
    fn picture() -> Picture {
        Picture::of_frames(&[0.0, 1.0, 2.0, 10.0, 11.0, 12.0], 3, [0.0, 12.0])
    }

    #[test]
    fn the_lowest_band_is_at_the_bottom_and_time_goes_right() {
        let picture = picture();
        assert_eq!((picture.width, picture.height), (2, 3));
        assert_eq!(picture.values, [2.0, 12.0, 1.0, 11.0, 0.0, 10.0]);
    }

    #[test]
    fn a_png_reads_back_with_the_maps_colours() {
        let picture = picture();
        let bytes = picture.png(Colours::Viridis);
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels.len(), 3 * 6);
        // matplotlib's viridis begins with #440154 and ends with #fde725; the largest value is the second pixel.
        assert_eq!(pixels[4 * 3..][..3], [0x44, 0x01, 0x54]);
        assert_eq!(pixels[3..6], [0xfd, 0xe7, 0x25]);
    }

    #[test]
    fn what_is_outside_the_range_has_its_ends_colours() {
        let picture = picture();
        let steps = [-1e9, f32::NAN, 0.0, 6.0, 12.0, f32::INFINITY].map(|it| picture.step(it));
        assert_eq!(steps, [0, 0, 0, 128, 255, 255]);
    }

    #[test]
    fn a_sheet_holds_all_pictures() {
        let (a, mut b) = (picture(), picture());
        b.values.iter_mut().for_each(|value| *value += 0.5);
        let sheet = Picture::sheet(&[&a, &b, &a], 2, 1).unwrap();
        assert_eq!((sheet.width, sheet.height), (5, 7));
        assert_eq!(sheet.values[..5], [2.0, 12.0, 0.0, 2.5, 12.5]);
        assert_eq!(
            sheet.values[4 * 5..],
            [
                2.0, 12.0, 0.0, 0.0, 0.0, 1.0, 11.0, 0.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0
            ]
        );
        assert!(Picture::sheet(&[], 2, 1).is_none());
    }
}

//! The spool: features on disk between decoding and writing shards.
//!
//! Splits depend on the audio of all clips (duplicates must stay together), and shards depend on splits; holding the
//! features in memory until then would bound the size of a data set. A chunk is some consecutive sources: one file of
//! values, one of JSON that appears only when the chunk is whole, which is what `--resume` looks for. The parts of a
//! data set take its chunks in turn.

use super::decode::{Decoded, Decoder};
use super::layout::Source;
use super::problem::Problem;
use super::similar::Fingerprints;
use crate::Kind;
use crate::progress::Progress;
use crate::share::Share;
use anyhow::{Context, bail, ensure};
use needledrop_frontend::FrontendConfig;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::PathBuf;

/// Where values of one clip lie in its chunk's file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Blob {
    offset: u64,
    bytes: u64,
    crc: u32,
}

/// What is kept in memory of a decoded clip.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SpooledClip {
    /// Index of its source.
    pub(super) source: usize,
    pub(super) pcm_sha256: String,
    pub(super) sample_rate_hz: u32,
    pub(super) samples: u64,
    pub(super) frames: usize,
    /// One a kind, then the fingerprint.
    pub(super) blobs: Vec<Blob>,
}

impl SpooledClip {
    /// Of a source that was decoded, its values not kept.
    pub(super) fn of(source: usize, decoded: &Decoded) -> Self {
        Self {
            source,
            pcm_sha256: crate::digest::to_hex(&decoded.pcm_sha256),
            sample_rate_hz: decoded.sample_rate_hz,
            samples: decoded.report.samples,
            frames: decoded.frames,
            blobs: Vec::new(),
        }
    }

    /// Length of the audio.
    pub(super) fn seconds(&self) -> f64 {
        self.samples as f64 / f64::from(self.sample_rate_hz)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct ChunkIndex {
    clips: Vec<SpooledClip>,
    problems: Vec<Problem>,
    data_bytes: u64,
}

/// Chunks in one folder, or in one a part.
pub(super) struct Spool {
    /// Chunk `n` is in folder `n` modulo their number.
    folders: Vec<PathBuf>,
    /// The part to decode; all of it when absent.
    share: Option<Share>,
    sources: usize,
    chunk_len: usize,
    kinds: usize,
}

/// What decoding gave.
#[derive(Default)]
pub(super) struct Spooled {
    /// In the order of the sources.
    pub(super) clips: Vec<SpooledClip>,
    pub(super) problems: Vec<Problem>,
    /// Chunks that an earlier run had finished.
    pub(super) reused_chunks: u64,
}

impl Spool {
    /// For `sources` sources and `kinds` kinds, or the `share` of it, in one folder.
    ///
    /// The chunk length depends on nothing but the number of sources, so that resumed runs and parts find the same
    /// chunks.
    pub(super) fn new(folder: PathBuf, sources: usize, kinds: usize, share: Option<Share>) -> Self {
        Self {
            folders: vec![folder],
            share,
            sources,
            chunk_len: (sources / 256).clamp(1, 32),
            kinds,
        }
    }

    /// Over the folders of all parts, in their order.
    pub(super) fn of_parts(folders: Vec<PathBuf>, sources: usize, kinds: usize) -> Self {
        Self {
            folders,
            ..Self::new(PathBuf::new(), sources, kinds, None)
        }
    }

    /// Sources to decode.
    pub(super) fn len(&self) -> usize {
        self.chunks().map(|chunk| self.range(chunk).len()).sum()
    }

    /// Decodes the sources, in parallel by chunk on the current rayon pool. Memory: one clip a thread.
    pub(super) fn fill(
        &self,
        sources: &[Source],
        config: &FrontendConfig,
        kinds: &[Kind],
        progress: &Progress,
    ) -> anyhow::Result<Spooled> {
        let chunks: Vec<usize> = self.chunks().collect();
        let chunks: Vec<(ChunkIndex, bool)> = chunks
            .into_par_iter()
            .with_max_len(1)
            .map(|chunk| {
                if let Some(index) = self.finished_chunk(chunk) {
                    progress.advance(self.range(chunk).len() as u64);
                    return Ok((index, true));
                }
                let decoder = Decoder::new(config, kinds);
                Ok((self.write_chunk(chunk, sources, decoder, progress)?, false))
            })
            .collect::<anyhow::Result<_>>()?;
        let mut spooled = Spooled::default();
        for (index, reused) in chunks {
            spooled.reused_chunks += u64::from(reused);
            spooled.add(index);
        }
        Ok(spooled)
    }

    /// All chunks, which must be there.
    pub(super) fn load(&self) -> anyhow::Result<Spooled> {
        let mut spooled = Spooled::default();
        for chunk in self.chunks() {
            let Some(index) = self.finished_chunk(chunk) else {
                bail!(
                    "{}: is missing or damaged; prepare this part again",
                    self.index_path(chunk).display()
                );
            };
            spooled.add(index);
        }
        Ok(spooled)
    }

    /// The values of `clip` for the kind at `kind_index`, little-endian.
    pub(super) fn read(&self, clip: &SpooledClip, kind_index: usize) -> anyhow::Result<Vec<u8>> {
        let path = self.data_path(clip.source / self.chunk_len);
        let failed = || format!("{}: cannot read back features", path.display());
        let blob = clip.blobs.get(kind_index).with_context(failed)?;
        let mut bytes = vec![0; usize::try_from(blob.bytes).with_context(failed)?];
        let mut file = File::open(&path).with_context(failed)?;
        file.seek(SeekFrom::Start(blob.offset))
            .with_context(failed)?;
        file.read_exact(&mut bytes).with_context(failed)?;
        ensure!(
            crc32c::crc32c(&bytes) == blob.crc,
            "{}: features changed on disk; run again without --resume, or prepare this part again",
            path.display()
        );
        Ok(bytes)
    }

    /// The fingerprints of `clips`, in their order.
    pub(super) fn fingerprints(&self, clips: &[SpooledClip]) -> anyhow::Result<Fingerprints> {
        let mut fingerprints = Fingerprints::default();
        for clip in clips {
            let bytes = self.read(clip, self.kinds)?;
            let (items, _) = bytes.as_chunks::<4>();
            fingerprints.push(items.iter().map(|&item| u32::from_le_bytes(item)));
        }
        Ok(fingerprints)
    }

    fn write_chunk(
        &self,
        chunk: usize,
        sources: &[Source],
        mut decoder: Decoder<'_>,
        progress: &Progress,
    ) -> anyhow::Result<ChunkIndex> {
        let path = self.data_path(chunk);
        let failed = || format!("{}: cannot write", path.display());
        let mut file = BufWriter::new(File::create(&path).with_context(failed)?);
        let mut index = ChunkIndex::default();
        for source in self.range(chunk) {
            match decoder.decode(&sources[source]) {
                Ok((decoded, notes)) => {
                    index.problems.extend(notes);
                    let mut clip = SpooledClip::of(source, &decoded);
                    let fingerprint = decoded
                        .fingerprint
                        .iter()
                        .flat_map(|item| item.to_le_bytes());
                    for bytes in decoded.values.iter().chain([&fingerprint.collect()]) {
                        file.write_all(bytes).with_context(failed)?;
                        let blob = Blob {
                            offset: index.data_bytes,
                            bytes: bytes.len() as u64,
                            crc: crc32c::crc32c(bytes),
                        };
                        index.data_bytes += blob.bytes;
                        clip.blobs.push(blob);
                    }
                    index.clips.push(clip);
                }
                Err(problem) => index.problems.push(problem),
            }
            progress.advance(1);
        }
        for problem in &index.problems {
            progress.say(problem);
        }
        file.into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_data())
            .with_context(failed)?;
        let json = serde_json::to_vec(&index)?;
        needledrop_bundle::write_atomic(&self.index_path(chunk), &json).with_context(failed)?;
        Ok(index)
    }

    /// A chunk that is whole, and whose index claims nothing that is not there.
    fn finished_chunk(&self, chunk: usize) -> Option<ChunkIndex> {
        let index: ChunkIndex =
            serde_json::from_slice(&std::fs::read(self.index_path(chunk)).ok()?).ok()?;
        let data_bytes = std::fs::metadata(self.data_path(chunk)).ok()?.len();
        let range = self.range(chunk);
        let ordered = index
            .clips
            .windows(2)
            .all(|pair| pair[0].source < pair[1].source);
        let sound = index.clips.iter().all(|clip| {
            range.contains(&clip.source)
                && clip.sample_rate_hz > 0
                && clip.blobs.len() == self.kinds + 1
                && clip.blobs.iter().all(|blob| {
                    let end = blob.offset.checked_add(blob.bytes);
                    end.is_some_and(|end| end <= data_bytes)
                })
        });
        (data_bytes == index.data_bytes && ordered && sound).then_some(index)
    }

    fn chunks(&self) -> impl Iterator<Item = usize> {
        let share = self.share;
        (0..self.sources.div_ceil(self.chunk_len))
            .filter(move |&chunk| share.is_none_or(|share| share.holds(chunk)))
    }

    fn range(&self, chunk: usize) -> Range<usize> {
        let start = chunk * self.chunk_len;
        start..(start + self.chunk_len).min(self.sources)
    }

    fn data_path(&self, chunk: usize) -> PathBuf {
        self.path(chunk, "values")
    }

    fn index_path(&self, chunk: usize) -> PathBuf {
        self.path(chunk, "json")
    }

    fn path(&self, chunk: usize, extension: &str) -> PathBuf {
        let folder = &self.folders[chunk % self.folders.len()];
        folder.join(format!("{:08}.{extension}", chunk * self.chunk_len))
    }
}

impl Spooled {
    fn add(&mut self, index: ChunkIndex) {
        self.clips.extend(index.clips);
        self.problems.extend(index.problems);
    }
}

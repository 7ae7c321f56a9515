//! The spool: features on disk between decoding and writing shards.
//!
//! Splits depend on the audio of all clips (duplicates must stay together), and shards depend on splits; holding the
//! features in memory until then would bound the size of a data set. A chunk is some consecutive sources: one file of
//! values, one of JSON that appears only when the chunk is whole, which is what `--resume` looks for.

use super::Problem;
use super::decode::{Decoded, Decoder};
use super::layout::Source;
use crate::data::Kind;
use crate::progress::Progress;
use anyhow::{Context, ensure};
use needledrop_frontend::FrontendConfig;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where values of one clip lie in its chunk's file.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// One a kind.
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
}

#[derive(Default, Serialize, Deserialize)]
struct ChunkIndex {
    clips: Vec<SpooledClip>,
    problems: Vec<Problem>,
    data_bytes: u64,
}

/// A folder of chunks.
pub(super) struct Spool {
    folder: PathBuf,
    chunk_len: usize,
}

/// What decoding all sources gave.
#[derive(Default)]
pub(super) struct Spooled {
    /// In the order of the sources.
    pub(super) clips: Vec<SpooledClip>,
    pub(super) problems: Vec<Problem>,
    /// Chunks that an earlier run had finished.
    pub(super) reused_chunks: u64,
}

impl Spool {
    /// For `sources` sources. The chunk length depends on nothing else, so that a resumed run finds the same chunks.
    pub(super) fn new(folder: PathBuf, sources: usize) -> Self {
        Self {
            folder,
            chunk_len: (sources / 256).clamp(1, 32),
        }
    }

    /// Decodes all sources, in parallel by chunk on the current rayon pool. Memory: one clip a thread.
    pub(super) fn fill(
        &self,
        sources: &[Source],
        config: &FrontendConfig,
        kinds: &[Kind],
        progress: &Progress,
    ) -> anyhow::Result<Spooled> {
        let starts: Vec<usize> = (0..sources.len()).step_by(self.chunk_len).collect();
        let chunks: Vec<(ChunkIndex, bool)> = starts
            .into_par_iter()
            .with_max_len(1)
            .map(|start| {
                let range = start..(start + self.chunk_len).min(sources.len());
                if let Some(index) = self.finished_chunk(start) {
                    progress.advance(range.len() as u64);
                    return Ok((index, true));
                }
                Ok((
                    self.write_chunk(range, sources, Decoder::new(config, kinds), progress)?,
                    false,
                ))
            })
            .collect::<anyhow::Result<_>>()?;
        let mut spooled = Spooled::default();
        for (index, reused) in chunks {
            spooled.clips.extend(index.clips);
            spooled.problems.extend(index.problems);
            spooled.reused_chunks += u64::from(reused);
        }
        Ok(spooled)
    }

    /// The values of `clip` for the kind at `kind_index`, little-endian.
    pub(super) fn read(&self, clip: &SpooledClip, kind_index: usize) -> anyhow::Result<Vec<u8>> {
        let path = self.data_path(clip.source - clip.source % self.chunk_len);
        let failed = || format!("{}: cannot read back features", path.display());
        let blob = clip.blobs.get(kind_index).with_context(failed)?;
        let mut bytes = vec![0; usize::try_from(blob.bytes).with_context(failed)?];
        let mut file = File::open(&path).with_context(failed)?;
        file.seek(SeekFrom::Start(blob.offset))
            .with_context(failed)?;
        file.read_exact(&mut bytes).with_context(failed)?;
        ensure!(
            crc32c::crc32c(&bytes) == blob.crc,
            "{}: features changed on disk; run again without --resume",
            path.display()
        );
        Ok(bytes)
    }

    fn write_chunk(
        &self,
        range: Range<usize>,
        sources: &[Source],
        mut decoder: Decoder<'_>,
        progress: &Progress,
    ) -> anyhow::Result<ChunkIndex> {
        let path = self.data_path(range.start);
        let failed = || format!("{}: cannot write", path.display());
        let mut file = BufWriter::new(File::create(&path).with_context(failed)?);
        let mut index = ChunkIndex::default();
        for source in range.clone() {
            match decoder.decode(&sources[source]) {
                Ok((decoded, notes)) => {
                    index.problems.extend(notes);
                    let mut blobs = Vec::with_capacity(decoded.values.len());
                    for bytes in &decoded.values {
                        file.write_all(bytes).with_context(failed)?;
                        let blob = Blob {
                            offset: index.data_bytes,
                            bytes: bytes.len() as u64,
                            crc: crc32c::crc32c(bytes),
                        };
                        index.data_bytes += blob.bytes;
                        blobs.push(blob);
                    }
                    index.clips.push(SpooledClip {
                        blobs,
                        ..SpooledClip::of(source, &decoded)
                    });
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
        needledrop_bundle::write_atomic(&self.index_path(range.start), &json)
            .with_context(failed)?;
        Ok(index)
    }

    fn finished_chunk(&self, start: usize) -> Option<ChunkIndex> {
        let index: ChunkIndex =
            serde_json::from_slice(&std::fs::read(self.index_path(start)).ok()?).ok()?;
        let data_bytes = std::fs::metadata(self.data_path(start)).ok()?.len();
        (data_bytes == index.data_bytes).then_some(index)
    }

    fn data_path(&self, start: usize) -> PathBuf {
        self.folder.join(format!("{start:08}.values"))
    }

    fn index_path(&self, start: usize) -> PathBuf {
        self.folder.join(format!("{start:08}.json"))
    }
}

/// Whether `folder` is on a file system that can hold a spool at all.
pub(super) fn create_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{}: cannot make the folder", folder.display()))
}

//! ONNX Runtime, loaded at run time. The only file that names ort.
//!
//! ort panics when its library is missing, so the library is looked for, and loaded, before anything else of ort is
//! touched: first where ORT_DYLIB_PATH says, then in the folder that `tools/onnxruntime` fills.
use anyhow::{Context, Result, anyhow, bail};
use ort::{
    environment::Environment,
    logging::LogLevel,
    session::{Session, builder::GraphOptimizationLevel},
    value::TensorRef,
};
use std::{
    env,
    path::{Path, PathBuf},
};

/// What to do about a missing library.
const NEXT_STEP: &str = "run tools/onnxruntime once, which fetches it, or set ORT_DYLIB_PATH to \
                         libonnxruntime.so, version 1.24 or newer";

/// The library, loaded.
pub struct OnnxRuntime {
    environment: Environment,
}

impl OnnxRuntime {
    /// Finds and loads the library.
    ///
    /// # Errors
    /// A sentence with the next step when it is missing, no ONNX Runtime, or too old.
    pub fn load() -> Result<Self> {
        let path = find()?;
        let loaded = ort::init_from(&path).map_err(|failed| anyhow!("{failed}; {NEXT_STEP}"))?;
        let environment = loaded
            .build()
            .map_err(|failed| anyhow!("{}: {failed}", path.display()))?;
        Ok(Self { environment })
    }

    /// Loads a graph that takes int16 `x` of `shape` (batch 1) and gives f32 `logits`.
    ///
    /// # Errors
    /// ONNX Runtime's, when it refuses the graph.
    pub fn load_graph(&self, onnx: &[u8], shape: &[usize]) -> Result<OnnxGraph> {
        let builder = Session::builder(&self.environment).map_err(refused)?;
        let builder = builder.with_intra_threads(1).map_err(refused)?;
        let builder = builder.with_log_level(LogLevel::Error).map_err(refused)?;
        let level = GraphOptimizationLevel::Level3;
        let mut builder = builder.with_optimization_level(level).map_err(refused)?;
        let session = builder.commit_from_memory(onnx).map_err(refused)?;
        Ok(OnnxGraph {
            session,
            shape: shape.to_vec(),
        })
    }
}

/// A graph in ONNX Runtime.
pub struct OnnxGraph {
    session: Session,
    shape: Vec<usize>,
}

impl OnnxGraph {
    /// One window in, its logits out.
    ///
    /// # Errors
    /// ONNX Runtime's; a missing output.
    pub fn logits(&mut self, window: &[i16]) -> Result<Vec<f32>> {
        let input = TensorRef::from_array_view((self.shape.as_slice(), window))?;
        let outputs = self.session.run(ort::inputs!["x" => input])?;
        let logits = outputs
            .get("logits")
            .context("ONNX Runtime gave no `logits`")?;
        let (_, values) = logits.try_extract_tensor::<f32>()?;
        Ok(values.to_vec())
    }
}

fn refused(failed: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("ONNX Runtime refuses model.onnx: {failed}")
}

/// Path of the library.
fn find() -> Result<PathBuf> {
    if let Some(named) = env::var_os("ORT_DYLIB_PATH").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        if named.is_file() {
            return Ok(named);
        }
        bail!(
            "ORT_DYLIB_PATH names {}, which is not there; {NEXT_STEP}",
            named.display()
        );
    }
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    let cache = cache
        .context(format!("ONNX Runtime is not here; {NEXT_STEP}"))?
        .join("needledrop");
    newest(&cache)
        .with_context(|| format!("ONNX Runtime is not in {}; {NEXT_STEP}", cache.display()))
}

/// The library in the last of `onnxruntime-VERSION`.
fn newest(cache: &Path) -> Option<PathBuf> {
    let folders = std::fs::read_dir(cache)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()));
    let version = |folder: &PathBuf| -> Option<Vec<u64>> {
        let version = folder.file_name()?.to_str()?.strip_prefix("onnxruntime-")?;
        version.split('.').map(|part| part.parse().ok()).collect()
    };
    let found =
        folders.filter_map(|folder| Some((version(&folder)?, folder.join("libonnxruntime.so"))));
    found
        .filter(|(_, library)| library.is_file())
        .max()
        .map(|(_, library)| library)
}

#[cfg(test)]
mod tests {
    use super::newest;
    use std::fs;

    #[test]
    fn takes_the_newest_whole_library_of_the_cache() {
        let cache = tempfile::tempdir().unwrap();
        assert_eq!(newest(cache.path()), None);
        for name in [
            "onnxruntime-1.9.0",
            "onnxruntime-1.31.1",
            "onnxruntime-2.0.0",
            "onnxruntime.abc",
            "aarch64",
        ] {
            fs::create_dir(cache.path().join(name)).unwrap();
        }
        for name in ["onnxruntime-1.9.0", "onnxruntime-1.31.1", "onnxruntime.abc"] {
            fs::write(cache.path().join(name).join("libonnxruntime.so"), "").unwrap();
        }
        let expected = cache.path().join("onnxruntime-1.31.1/libonnxruntime.so");
        assert_eq!(newest(cache.path()), Some(expected));
    }
}

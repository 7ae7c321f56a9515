//! A task on a GPU: what burn's backends only panic about becomes an error that says what to do.
//!
//! burn 0.21 has no fallible way to open a GPU, and its kernels run on threads of their own, whose panics reach the
//! caller as a closed channel. So one panic hook notes what a backend's own code panics with while [`guard`] runs, on
//! whichever thread, and keeps it off the screen; the first note of a run that broke off is its reason.

use super::error::DeviceError;
use super::task::Task;
use crate::nn::ops::TrainBackend;
use burn::tensor::Tensor;
use std::panic::{
    AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind, set_hook, take_hook,
};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// Crates that a backend is made of, as the folders of their sources begin.
const BACKEND_CRATES: [&str; 5] = ["burn-", "cubecl-", "cudarc-", "wgpu-", "naga-"];
/// Characters of a reason that a sentence can take.
const REASON_CHARS: usize = 240;

/// Held by the guarded run of this process.
static TURN: Mutex<()> = Mutex::new(());
/// Which source files are a backend's, and what they panicked with; none while no run is guarded.
static NOTES: Mutex<Option<Notes>> = Mutex::new(None);

struct Notes {
    is_backends: fn(&str) -> bool,
    reasons: Vec<String>,
}

/// Runs `task` on a GPU backend.
///
/// # Errors
/// [`DeviceError::Absent`] when the device can't do a first sum, [`DeviceError::BrokeOff`] when it fails later.
pub(super) fn run<B: TrainBackend, T: Task>(
    name: &'static str,
    task: T,
) -> Result<T::Output, DeviceError> {
    let device = guard(is_backends, || first_sum::<B>()).map_err(|reason| DeviceError::Absent {
        device: name,
        advice: advice(name, &reason),
        reason,
    })?;
    guard(is_backends, || task.run::<B>(device)).map_err(|reason| DeviceError::BrokeOff {
        out_of_memory: is_out_of_memory(&reason),
        device: name,
        reason,
    })
}

/// Opens the default device, compiles a kernel for it, runs it and reads its result: all that can be missing is needed.
fn first_sum<B: TrainBackend>() -> B::Device {
    let device = B::Device::default();
    let sum = Tensor::<B::InnerBackend, 1>::ones([8], &device).sum();
    let _ = sum.into_data();
    device
}

/// Runs `work`, one at a time; the reason, when the code of a backend panicked and `work` with it. Other panics go on.
fn guard<T>(is_backends: fn(&str) -> bool, work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            if !note(info) {
                usual(info);
            }
        }));
    });
    let _turn = lock(&TURN);
    *lock(&NOTES) = Some(Notes {
        is_backends,
        reasons: Vec::new(),
    });
    let outcome = catch_unwind(AssertUnwindSafe(work));
    let noted = lock(&NOTES).take();
    outcome.or_else(|payload| {
        let reasons = noted.map_or(Vec::new(), |notes| notes.reasons);
        let memory = reasons.iter().find(|reason| is_out_of_memory(reason));
        match memory.or(reasons.first()) {
            Some(reason) => Err(reason.clone()),
            None => resume_unwind(payload),
        }
    })
}

/// A panic while it was held does no harm to what is behind it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes a panic of a backend's code in a guarded run; whether it was one.
fn note(info: &PanicHookInfo<'_>) -> bool {
    let mut guarded = lock(&NOTES);
    let (Some(notes), Some(location)) = (guarded.as_mut(), info.location()) else {
        return false;
    };
    if !(notes.is_backends)(location.file()) {
        return false;
    }
    let reason = info.payload_as_str().unwrap_or("no reason given");
    notes.reasons.push(sentence(reason));
    true
}

/// Whether a source file is one of a backend's crates.
fn is_backends(file: &str) -> bool {
    file.split(['/', '\\']).any(|folder| {
        BACKEND_CRATES
            .iter()
            .any(|name| folder.starts_with(name) || folder == name.trim_end_matches('-'))
    })
}

/// The part of a panic's message that says something, on one line.
fn sentence(message: &str) -> String {
    // A backtrace, or every name under which a library was looked for.
    let said = ["\nBacktrace", " - searched for"]
        .into_iter()
        .fold(message, |said, rest| {
            said.split(rest).next().unwrap_or(said)
        })
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && *line != "Caused by:")
        .collect::<Vec<_>>()
        .join(" ");
    match said.char_indices().nth(REASON_CHARS) {
        Some((end, _)) => format!("{}..", &said[..end]),
        None => said,
    }
}

/// Whether the backend says that memory is short: the driver's words, cubecl's, wgpu's.
fn is_out_of_memory(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    [
        "out_of_memory",
        "out of memory",
        "out-of-memory",
        "can't allocate buffer",
        "not enough memory",
        "no staging buffer could be allocated",
    ]
    .iter()
    .any(|words| reason.contains(words))
}

/// What brings a device that could not be opened.
fn advice(device: &str, reason: &str) -> &'static str {
    let has = |words: &str| reason.to_lowercase().contains(words);
    if is_out_of_memory(reason) {
        "another program holds the GPU's memory: end it, or train with --device cpu"
    } else if device == "wgpu" {
        "install the GPU's Vulkan driver (Debian: mesa-vulkan-drivers, or NVIDIA's), or train with --device cpu"
    } else if has("nvrtc") {
        "install NVIDIA's run-time compiler (libnvrtc of the CUDA toolkit) where the loader finds it (LD_LIBRARY_PATH), or train with --device cpu"
    } else if has("cuda installation not found") || has("could not open source file") {
        "kernels need the CUDA toolkit's headers: set CUDA_PATH to the folder that has include/cuda_runtime.h, or train with --device cpu"
    } else if has("unable to dynamically load") {
        "install NVIDIA's driver (libcuda), or train with --device cpu or wgpu"
    } else if has("no_device") || has("invalid_device") {
        "the driver sees no GPU: check nvidia-smi and CUDA_VISIBLE_DEVICES, or train with --device cpu"
    } else {
        "check that nvidia-smi lists the GPU and that driver and CUDA toolkit fit each other, or train with --device cpu"
    }
}

#[cfg(test)]
mod tests {
    use super::{advice, guard, is_backends, is_out_of_memory, run, sentence};
    use crate::backend::{Cpu, DeviceError, Task, TrainBackend};
    use burn::tensor::Tensor;

    /// Panics as cubecl does when its server thread is gone: the thread that knows why is not the caller's.
    fn on_another_thread(message: &'static str) {
        let server = std::thread::spawn(move || panic!("{message}"));
        server.join().expect("the server answers");
    }

    fn is_this_file(file: &str) -> bool {
        file.ends_with("gpu.rs")
    }

    #[test]
    fn the_first_panic_of_any_thread_is_the_reason() {
        let reason = guard(is_this_file, || on_another_thread("the driver is gone")).unwrap_err();
        assert_eq!(reason, "the driver is gone");
        assert_eq!(guard(is_this_file, || 7), Ok(7));
    }

    #[test]
    fn memory_is_the_reason_wherever_it_was_noted() {
        let cause = "can't allocate buffer of size: 8589934592\nBacktrace\n  0: cubecl";
        let reason = guard(is_this_file, || {
            let first = std::panic::catch_unwind(|| panic!("a slow kernel was given up"));
            assert!(first.is_err());
            on_another_thread(cause);
        });
        assert_eq!(
            reason.unwrap_err(),
            "can't allocate buffer of size: 8589934592"
        );
    }

    struct Sum;

    impl Task for Sum {
        type Output = f32;

        fn run<B: TrainBackend>(self, device: B::Device) -> f32 {
            let sum = Tensor::<B, 1>::from_floats([1.0, 2.0], &device).sum();
            sum.into_data().iter().next().unwrap_or(f32::NAN)
        }
    }

    /// Holds a file as a run holds its lock, and asks burn for what it panics at.
    struct Impossible<'a>(&'a std::path::Path);

    impl Task for Impossible<'_> {
        type Output = ();

        fn run<B: TrainBackend>(self, device: B::Device) {
            let _held = tempfile::NamedTempFile::new_in(self.0);
            let two = Tensor::<B, 2>::zeros([1, 2], &device);
            let _ = two.matmul(Tensor::zeros([3, 1], &device)).into_data();
        }
    }

    /// The whole way that a GPU backend goes, on the one backend that is everywhere.
    #[test]
    fn a_task_that_its_backend_breaks_off_ends_in_an_error() {
        assert_eq!(run::<Cpu, _>("cpu", Sum).unwrap(), 3.0);
        let folder = tempfile::tempdir().unwrap();
        let error = run::<Cpu, _>("cpu", Impossible(folder.path())).unwrap_err();
        assert!(
            matches!(&error, DeviceError::BrokeOff { out_of_memory: false, reason, .. } if !reason.is_empty()),
            "{error}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn sources_are_told_apart_by_their_crate() {
        for file in [
            "/home/a/.cargo/registry/src/index.crates.io-1949/cubecl-cuda-0.10.0/src/runtime.rs",
            "vendor/cudarc/src/driver/result.rs",
            r"C:\cargo\registry\src\burn-tensor-0.21.0\src\tensor\api\base.rs",
        ] {
            assert!(is_backends(file), "{file}");
        }
        for file in [
            "host/training/src/train/fit.rs",
            "/rustc/9f/library/core/src/option.rs",
            "/home/burns/needledrop/host/networks/src/nn/mil.rs",
        ] {
            assert!(!is_backends(file), "{file}");
        }
    }

    /// The messages of cudarc 0.19, cubecl 0.10 and wgpu 29 themselves.
    #[test]
    fn every_reason_has_its_advice() {
        let cases = [
            (
                "cuda",
                "Unable to dynamically load the \"cuda\" shared library - searched for library names: [\"cuda\"]",
                "NVIDIA's driver",
            ),
            (
                "cuda",
                "called `Result::unwrap()` on an `Err` value: DriverError(CUDA_ERROR_NO_DEVICE, \"no CUDA-capable device is detected\")",
                "nvidia-smi",
            ),
            (
                "cuda",
                "Unable to dynamically load the \"nvrtc\" shared library - searched for library names: [\"nvrtc\"]",
                "libnvrtc",
            ),
            (
                "cuda",
                "\n        CUDA installation not found.\n        Please ensure that CUDA is installed",
                "CUDA_PATH",
            ),
            (
                "cuda",
                "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")",
                "another program",
            ),
            (
                "wgpu",
                "No possible adapter available for backend. Falling back to first available.: RequestAdapterError",
                "Vulkan",
            ),
        ];
        for (device, message, word) in cases {
            let reason = sentence(message);
            assert!(advice(device, &reason).contains(word), "{reason}");
        }
    }

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        let message = "An error happened during execution\nCaused by:\n  An out-of-memory error happened during launch\nCaused by:\n  page\nBacktrace\n 0: x";
        let reason = sentence(message);
        assert_eq!(
            reason,
            "An error happened during execution An out-of-memory error happened during launch page"
        );
        assert!(is_out_of_memory(&reason));
        assert_eq!(sentence(&"ä".repeat(999)).chars().count(), 242);
    }
}

//! Memory: what a frontend holds, and that nothing allocates once it is built.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use needledrop_frontend::{
    ConfigError, FftKind, FrontendConfig, Lent, LogMel, PcmFrontend, PcmPipeline, StorageSize,
};

/// Counts what the heap gives out.
struct Counting;

thread_local! {
    /// Of this thread alone: the test harness has its own.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe to implement; it hands on to the system's"
)]
// SAFETY: every call goes to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn nothing_allocates_after_construction() {
    let pcm: Vec<i16> = (0..48_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 16) as i16)
        .collect();
    for (_, preset) in FrontendConfig::PRESETS {
        for fft in [FftKind::Fixed, FftKind::Micro] {
            let config = FrontendConfig { fft, ..preset };
            let mut frontend = PcmFrontend::new(&config, 48_000).expect("a supported ratio");
            let mut sum = 0i64;
            let before = CALLS.get();
            for piece in pcm.chunks(480) {
                frontend.push(piece, |frame| sum += i64::from(frame[0]));
            }
            frontend.finish(|frame| sum += i64::from(frame[0]));
            frontend.reset();
            assert_eq!(CALLS.get(), before);
            assert_ne!(sum, 0);
        }
    }
}

#[test]
fn a_frontend_is_small() {
    for (name, config) in FrontendConfig::PRESETS {
        let bytes = StorageSize::of_log_mel(&config).bytes() + size_of::<LogMel>();
        eprintln!("{name}: {bytes} bytes");
        assert!(bytes <= 40_000, "{name}: {bytes} bytes");
    }
}

#[test]
fn lent_memory_gives_the_same_frames() {
    const CONFIG: FrontendConfig = FrontendConfig::COMPACT;
    const SIZE: StorageSize = match StorageSize::of_resampler(48_000, CONFIG.sample_rate_hz) {
        Ok(resampler) => StorageSize::of_log_mel(&CONFIG).plus(resampler),
        Err(_) => panic!("a supported ratio"),
    };
    let (mut i16s, mut u16s) = ([7; SIZE.i16s], [7; SIZE.u16s]);
    let (mut i32s, mut u32s) = ([7; SIZE.i32s], [7; SIZE.u32s]);
    let mut lent = |short: usize| {
        PcmPipeline::new_in(
            &CONFIG,
            48_000,
            Lent {
                i16s: &mut i16s,
                u16s: &mut u16s,
                i32s: &mut i32s,
                u32s: &mut u32s[short..],
                f32s: &mut [],
            },
        )
        .map(|mut frontend| {
            let pcm: Vec<i16> = (0..48_000i32)
                .map(|i| (i * 37 % 9_001 - 4_500) as i16)
                .collect();
            let mut frames = Vec::new();
            frontend.push(&pcm, |frame| frames.push(frame.to_vec()));
            let mut owned = PcmFrontend::new(&CONFIG, 48_000).expect("a supported ratio");
            let mut expected = Vec::new();
            owned.push(&pcm, |frame| expected.push(frame.to_vec()));
            assert_eq!(frames, expected);
            assert_eq!(frontend.id(), owned.id());
        })
    };
    assert_eq!(lent(0), Ok(()));
    assert_eq!(
        lent(1),
        Err(ConfigError::Storage {
            cell: "u32",
            expected: SIZE.u32s,
            actual: SIZE.u32s - 1
        })
    );
}

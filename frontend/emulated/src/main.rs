//! The pins of one frame on an emulated Cortex-M55 (mps3-an547), without operating system or allocator.
//!
//! `run.sh` beside this crate builds and runs it; it exits with 0 when every pin is the one of `tests/pins.rs`.
#![no_std]
#![no_main]

#[path = "../../tests/golden/frames.rs"]
mod golden;

use core::arch::asm;

use needledrop_frontend::{FftKind, FrontendConfig, Lent, Stages, StorageSize};

/// Top of the stack: the end of the data memory.
const STACK_TOP: usize = 0x2008_0000;

const SIZE: StorageSize = StorageSize::of_log_mel(&FrontendConfig::SEED);
const MICRO: FrontendConfig = FrontendConfig {
    fft: FftKind::Micro,
    ..FrontendConfig::SEED
};

#[repr(C)]
struct Vectors {
    stack_top: usize,
    handlers: [unsafe extern "C" fn() -> !; 15],
}

#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: Vectors = Vectors {
    stack_top: STACK_TOP,
    handlers: {
        let mut handlers: [unsafe extern "C" fn() -> !; 15] = [fault; 15];
        handlers[0] = reset;
        handlers
    },
};

/// Ends the emulation: 0 for success.
fn exit(status: u32) -> ! {
    let arguments = [0x20026, status];
    // SAFETY: a semihosting call; SYS_EXIT_EXTENDED reads two words and does not return.
    unsafe { asm!("bkpt #0xab", in("r0") 0x20, in("r1") arguments.as_ptr(), options(noreturn)) }
}

/// Prints a text.
fn print(text: &core::ffi::CStr) {
    // SAFETY: a semihosting call; SYS_WRITE0 reads up to the terminating zero.
    unsafe { asm!("bkpt #0xab", inout("r0") 0x04 => _, in("r1") text.as_ptr()) }
}

unsafe extern "C" fn fault() -> ! {
    print(c"fault\n");
    exit(2)
}

#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    print(c"panic\n");
    exit(2)
}

/// Gives full access to the FPU (CPACR), which the hard-float ABI uses from the start.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn reset() -> ! {
    core::arch::naked_asm!(
        "ldr r0, =0xe000ed88",
        "ldr r1, [r0]",
        "orr r1, r1, #0xf00000",
        "str r1, [r0]",
        "dsb",
        "isb",
        "b {run}",
        run = sym run,
    )
}

extern "C" fn run() -> ! {
    let configs = [
        golden::CONFIGS[0],
        golden::CONFIGS[1],
        golden::CONFIGS[2],
        golden::CONFIGS[3],
        MICRO,
    ];
    let mut failed = 0;
    for (config, expected) in configs.iter().zip(&golden::STAGES) {
        for (kind, expected) in expected.iter().enumerate() {
            let mut pcm = [0; 2048];
            golden::fill(kind, &mut pcm[..config.n_fft]);
            let (mut i16s, mut u16s) = ([0; SIZE.i16s], [0; SIZE.u16s]);
            let (mut i32s, mut u32s) = ([0; SIZE.i32s], [0; SIZE.u32s]);
            let mut f32s = [0.0; 2048];
            let memory = Lent {
                i16s: &mut i16s,
                u16s: &mut u16s,
                i32s: &mut i32s,
                u32s: &mut u32s,
                f32s: &mut f32s,
            };
            let Ok(mut stages) = Stages::new_in(config, memory) else {
                print(c"a preset was refused\n");
                exit(2)
            };
            let actual = golden::stages(&mut stages, config, &pcm[..config.n_fft]);
            let same = actual == *expected;
            print(if same { c"same\n" } else { c"DIFFERENT\n" });
            failed += u32::from(!same);
        }
    }
    exit(u32::from(failed > 0))
}

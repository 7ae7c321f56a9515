//! The board's program, checked before it is packed or sent: an ELF file in, its bytes and architecture out.
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Oldest C library that the program runs with: the linked one's symbols are of this version.
pub(crate) const GLIBC: (u32, u32) = (2, 34);

/// What a board's system is made for, by Debian's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// 64-bit ARM (aarch64)
    Arm64,
    /// 32-bit ARM with hardware floating point, ARMv7 or newer
    Armhf,
}

impl Architecture {
    /// Debian's name.
    pub fn debian(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::Armhf => "armhf",
        }
    }

    /// Rust's name of its target.
    pub fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::Armhf => "armv7-unknown-linux-gnueabihf",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.debian())
    }
}

// Of an ELF header: the magic; the class; byte order and version; the machine.
const MAGIC: &[u8] = b"\x7fELF";
const CLASS_AT: usize = 4;
const CLASS_32: u8 = 1;
const CLASS_64: u8 = 2;
const LITTLE_ENDIAN_1: [u8; 2] = [1, 1];
const MACHINE_AT: usize = 18;
const ARM: u16 = 40;
const X86_64: u16 = 62;
const AARCH64: u16 = 183;
const RISC_V: u16 = 243;

/// The board's program: an executable for ARM.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it came from.
    pub path: PathBuf,
    /// The executable.
    pub bytes: Vec<u8>,
    /// What it is for.
    pub architecture: Architecture,
}

impl Program {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or is not a program for ARM.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path)
            .with_context(|| format!("could not read the program {}", path.display()))?;
        let architecture = match machine(&bytes) {
            Some((CLASS_64, AARCH64)) => Architecture::Arm64,
            Some((CLASS_32, ARM)) => Architecture::Armhf,
            other => bail!(
                "{} is {}, the board needs one for ARM: leave --program out, and tools/flash builds it",
                path.display(),
                match other {
                    None => "no Linux program".to_owned(),
                    Some((_, X86_64)) => "a program for x86-64".to_owned(),
                    Some((_, RISC_V)) => "a program for RISC-V".to_owned(),
                    Some((_, other)) =>
                        format!("a program for another machine (ELF number {other})"),
                }
            ),
        };
        Ok(Self {
            path: path.to_owned(),
            bytes,
            architecture,
        })
    }
}

/// ELF's class (1 for 32 bits, 2 for 64) and machine.
fn machine(bytes: &[u8]) -> Option<(u8, u16)> {
    let field = bytes.get(MACHINE_AT..MACHINE_AT + 2)?;
    let is_elf = bytes.starts_with(MAGIC) && bytes[CLASS_AT + 1..][..2] == LITTLE_ENDIAN_1;
    is_elf.then(|| (bytes[CLASS_AT], u16::from_le_bytes([field[0], field[1]])))
}

#[cfg(test)]
mod tests {
    use super::{Architecture, Program};
    use std::fs;

    #[test]
    fn only_arm_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let read = |class: u8, machine: u16| {
            let mut header = [0_u8; 64];
            header[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, 1, 1]);
            header[18..20].copy_from_slice(&machine.to_le_bytes());
            fs::write(&path, header).unwrap();
            Program::read(&path)
        };
        let arm64 = read(2, 183).unwrap();
        assert_eq!(arm64.architecture, Architecture::Arm64);
        assert_eq!(arm64.bytes.len(), 64);
        assert_eq!(read(1, 40).unwrap().architecture, Architecture::Armhf);
        let refused = read(2, 62).unwrap_err().to_string();
        assert!(refused.contains("x86-64"), "{refused}");

        fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        let refused = Program::read(&path).unwrap_err().to_string();
        assert!(refused.contains("no Linux program"), "{refused}");
        assert!(Program::read(&folder.path().join("missing")).is_err());
    }
}

//! The board's program, checked before it is packed or sent.
use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// First bytes of an ELF file: magic, 64 bits, little-endian.
const ELF_64_LITTLE: [u8; 6] = [0x7f, b'E', b'L', b'F', 2, 1];
/// Where `e_machine` lies in an ELF header.
const MACHINE_AT: usize = 18;
/// `EM_AARCH64`.
const AARCH64: u16 = 183;

/// The board's program: an aarch64 executable.
#[derive(Clone, Debug)]
pub struct Program {
    /// Where it came from.
    pub path: PathBuf,
    /// The executable.
    pub bytes: Vec<u8>,
}

impl Program {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read, or is not a program for 64-bit ARM.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path)
            .with_context(|| format!("could not read the program {}", path.display()))?;
        let machine = machine(&bytes);
        if machine != Some(AARCH64) {
            bail!(
                "{} is {}, the board needs a program for aarch64 (64-bit ARM): leave --program out, and tools/flash builds it",
                path.display(),
                machine.map_or("no 64-bit Linux program".to_owned(), architecture)
            );
        }
        Ok(Self {
            path: path.to_owned(),
            bytes,
        })
    }
}

/// The machine that an ELF file of 64 bits is for.
fn machine(bytes: &[u8]) -> Option<u16> {
    let field = bytes.get(MACHINE_AT..MACHINE_AT + 2)?;
    bytes
        .starts_with(&ELF_64_LITTLE)
        .then(|| u16::from_le_bytes([field[0], field[1]]))
}

fn architecture(machine: u16) -> String {
    match machine {
        62 => "a program for x86-64".to_owned(),
        243 => "a program for RISC-V".to_owned(),
        other => format!("a program for another machine (ELF number {other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::Program;
    use std::fs;

    #[test]
    fn only_aarch64_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let read = |machine: u16| {
            let mut header = [0_u8; 64];
            header[..6].copy_from_slice(&super::ELF_64_LITTLE);
            header[18..20].copy_from_slice(&machine.to_le_bytes());
            fs::write(&path, header).unwrap();
            Program::read(&path)
        };
        assert_eq!(read(183).unwrap().bytes.len(), 64);
        let refused = read(62).unwrap_err().to_string();
        assert!(refused.contains("x86-64"), "{refused}");

        fs::write(&path, "#!/bin/sh\nexit 0\n").unwrap();
        let refused = Program::read(&path).unwrap_err().to_string();
        assert!(refused.contains("no 64-bit Linux program"), "{refused}");
        assert!(Program::read(&folder.path().join("missing")).is_err());
    }
}

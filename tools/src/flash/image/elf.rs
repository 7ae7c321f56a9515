//! What an ELF file says of itself: the libraries a program needs, and what a kernel module depends on.

use anyhow::{Context as _, Result};
use object::elf::{DT_NEEDED, FileHeader64, PT_INTERP};
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSection as _};

/// The loader's path of a program and the names of the libraries that it or a library asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    /// Absolute path of the loader; none for a library or a static program.
    pub(super) loader: Option<String>,
    /// Names such as `libc.so.6`.
    pub(super) libraries: Vec<String>,
}

/// Reads what a 64-bit program or library needs.
///
/// # Errors
/// Bytes that are no such file.
pub(super) fn needs(bytes: &[u8]) -> Result<Needs> {
    let header = FileHeader64::<Endianness>::parse(bytes).context("no 64-bit ELF file")?;
    let order = header.endian()?;
    let mut needs = Needs {
        loader: None,
        libraries: Vec::new(),
    };
    for program_header in header.program_headers(order, bytes)? {
        if program_header.p_type(order) == PT_INTERP {
            let path = program_header.data(order, bytes).unwrap_or_default();
            let path = String::from_utf8_lossy(path);
            needs.loader = Some(path.trim_end_matches('\0').to_owned());
        }
    }
    let sections = header.sections(order, bytes)?;
    if let Some((entries, strings)) = sections.dynamic(order, bytes)? {
        let strings = sections.strings(order, bytes, strings)?;
        for entry in entries {
            if entry.tag(order) == DT_NEEDED {
                let name = entry.string(order, strings)?;
                needs
                    .libraries
                    .push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    Ok(needs)
}

/// The `key=value` pairs of a kernel module's `.modinfo`.
///
/// # Errors
/// Bytes that are no ELF file.
pub(super) fn module_info(bytes: &[u8]) -> Result<Vec<(String, String)>> {
    let file = object::File::parse(bytes).context("no kernel module")?;
    let section = file
        .section_by_name(".modinfo")
        .context("a kernel module without .modinfo")?;
    let pair = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let (key, value) = text.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
    };
    Ok(section
        .data()?
        .split(|byte| *byte == 0)
        .filter_map(pair)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::needs;

    #[test]
    fn this_very_program_needs_the_c_library() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let found = needs(&program).unwrap();
        assert!(found.loader.unwrap().starts_with('/'));
        assert!(found.libraries.iter().any(|name| name.starts_with("libc.")));
        assert!(needs(b"#!/bin/sh\n").is_err());
    }
}

//! The archive that the kernel unpacks as its first root: files in, the bytes of a "newc" cpio out.
//!
//! Everything a clock or a user could change is left at zero: files lie in the order of their names, belong to root and
//! have no time.

use std::collections::BTreeMap;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Folder,
    File { mode: u32, bytes: Vec<u8> },
    Link { target: String },
    Device { major: u32, minor: u32 },
}

/// A tree of files, to be written as one archive. Names have no leading `/`.
#[derive(Debug, Clone, Default)]
pub(super) struct Archive {
    nodes: BTreeMap<String, Node>,
}

const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_777;
const CHARACTER_DEVICE: u32 = 0o020_600;
/// Where the format wants names and contents to begin.
const ALIGNMENT_BYTES: usize = 4;
const END: &str = "TRAILER!!!";

impl Archive {
    /// A file that may be read by all, and executed where `executable`; one of that name is replaced.
    pub(super) fn file(&mut self, name: &str, executable: bool, bytes: Vec<u8>) {
        let mode = if executable { 0o755 } else { 0o644 };
        self.put(name, Node::File { mode, bytes });
    }

    /// A symbolic link.
    pub(super) fn link(&mut self, name: &str, target: &str) {
        let target = target.to_owned();
        self.put(name, Node::Link { target });
    }

    /// A folder; those of files need not be named.
    pub(super) fn folder(&mut self, name: &str) {
        self.put(name, Node::Folder);
    }

    /// A character device that only root may use.
    pub(super) fn device(&mut self, name: &str, major: u32, minor: u32) {
        self.put(name, Node::Device { major, minor });
    }

    fn put(&mut self, name: &str, node: Node) {
        for (at, _) in name.match_indices('/') {
            let parent = name[..at].to_owned();
            self.nodes.entry(parent).or_insert(Node::Folder);
        }
        self.nodes.insert(name.to_owned(), node);
    }

    /// The archive's bytes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, (name, node)) in (1_u32..).zip(&self.nodes) {
            let (mode, contents, device) = match node {
                Node::Folder => (FOLDER, &[][..], (0, 0)),
                Node::File { mode, bytes } => (FILE | mode, &bytes[..], (0, 0)),
                Node::Link { target } => (LINK, target.as_bytes(), (0, 0)),
                Node::Device { major, minor } => (CHARACTER_DEVICE, &[][..], (*major, *minor)),
            };
            entry(&mut out, number, name, mode, contents, device);
        }
        entry(&mut out, 0, END, 0, &[], (0, 0));
        out
    }
}

fn entry(
    out: &mut Vec<u8>,
    number: u32,
    name: &str,
    mode: u32,
    contents: &[u8],
    device: (u32, u32),
) {
    // Magic; then inode, mode, user, group, links, time, size, device (2), the device it stands for (2), length of the
    // name, checksum.
    out.extend(b"070701");
    let fields = [
        number,
        mode,
        0,
        0,
        1,
        0,
        contents.len() as u32,
        0,
        0,
        device.0,
        device.1,
        name.len() as u32 + 1,
        0,
    ];
    for field in fields {
        out.extend(format!("{field:08x}").bytes());
    }
    out.extend(name.bytes());
    out.push(0);
    pad(out);
    out.extend(contents);
    pad(out);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(ALIGNMENT_BYTES), 0);
}

#[cfg(test)]
mod tests {
    use super::Archive;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    fn example() -> Archive {
        let mut archive = Archive::default();
        archive.file("lib/modules/6.1/a.ko", false, vec![7; 5]);
        archive.file("init", true, b"#!/bin/sh\n".to_vec());
        archive.link("bin/sh", "busybox");
        archive.device("dev/console", 5, 1);
        archive.folder("proc");
        archive
    }

    #[test]
    fn parents_come_before_their_files() {
        let bytes = example().to_bytes();
        let at = |name: &[u8]| bytes.windows(name.len()).position(|window| window == name);
        assert!(at(b"lib\0").unwrap() < at(b"lib/modules\0").unwrap());
        assert!(at(b"lib/modules\0").unwrap() < at(b"lib/modules/6.1/a.ko\0").unwrap());
        assert_eq!(bytes.len() % 4, 0);
    }

    /// The format as another program reads it.
    #[test]
    fn cpio_lists_what_was_put_in() {
        let Ok(mut cpio) = Command::new("cpio")
            .args(["--list", "--verbose", "--numeric-uid-gid", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
        else {
            eprintln!("skipped: cpio is not here");
            return;
        };
        let mut input = cpio.stdin.take().unwrap();
        input.write_all(&example().to_bytes()).unwrap();
        drop(input);
        let output = cpio.wait_with_output().unwrap();
        let listing = String::from_utf8(output.stdout).unwrap();
        let expected = [
            ("drwxr-xr-x", "bin"),
            ("lrwxrwxrwx", "bin/sh -> busybox"),
            ("crw-------", "dev/console"),
            ("-rwxr-xr-x", "init"),
            ("-rw-r--r--", "lib/modules/6.1/a.ko"),
        ];
        for (mode, name) in expected {
            let found = listing
                .lines()
                .any(|line| line.starts_with(mode) && line.ends_with(&format!(" {name}")));
            assert!(found, "no {mode} {name} in\n{listing}");
        }
    }
}

//! Which disks `tools/flash --sd` writes, and that it writes them right: a made-up sysfs, files in place of disks.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use needledrop_tools::disk::Disk;
use needledrop_tools::flash::card::{self, Card, disk_facts::Machine};
use tempfile::TempDir;

const USB_STICK: &str = "pci0000:00/usb2/2-1/host6/block/sdb";
const CARD_SLOT: &str = "platform/mmc0/mmc0:aaaa/block/mmcblk0";
const CARD_BYTES: u64 = 64 << 20;
/// Nobody stops the work.
static NEVER: AtomicBool = AtomicBool::new(false);
/// On a block device: nobody else's.
const O_EXCL: i32 = 0o200;

/// A machine that does not exist.
struct Bench {
    folder: TempDir,
    machine: Machine,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine {
            sys: folder.path().join("sys"),
            proc: folder.path().join("proc"),
            files_are_disks: true,
        };
        for made in ["sys/class/block", "sys/devices", "proc/self", "dev"] {
            fs::create_dir_all(folder.path().join(made)).unwrap();
        }
        let bench = Self { folder, machine };
        bench.file("proc/swaps", "Filename Type Size Used Priority\n");
        bench.file(
            "proc/self/mountinfo",
            "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n",
        );
        bench
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A disk of the made-up sysfs, with one partition, and a file for it.
    fn disk(&self, place: &str, files: &[(&str, &str)]) -> PathBuf {
        let name = place.rsplit('/').next().unwrap();
        let part = format!("{name}p1");
        let sectors = (CARD_BYTES / 512).to_string();
        let all = [
            ("dev", "8:16"),
            ("size", sectors.as_str()),
            ("removable", "0"),
            ("ro", "0"),
        ];
        for (file, text) in all.iter().chain(files) {
            self.file(&format!("sys/devices/{place}/{file}"), text);
        }
        for (file, text) in [("dev", "8:17"), ("size", "2048"), ("partition", "1")] {
            self.file(&format!("sys/devices/{place}/{part}/{file}"), text);
        }
        for (name, place) in [(name, place.to_owned()), (&part, format!("{place}/{part}"))] {
            let target = self.folder.path().join("sys/devices").join(place);
            let link = self.folder.path().join("sys/class/block").join(name);
            symlink(target, link).unwrap();
            let file = fs::File::create(self.device(name)).unwrap();
            file.set_len(CARD_BYTES).unwrap();
        }
        self.device(name)
    }

    fn device(&self, name: &str) -> PathBuf {
        self.folder.path().join("dev").join(name)
    }

    fn refused(&self, device: &Path) -> String {
        let error = Card::find(&self.machine, device, 1 << 20).unwrap_err();
        let words = format!("{error:#}");
        assert_eq!(words.lines().count(), 1, "{words}");
        words
    }

    fn image(&self) -> PathBuf {
        let path = self.folder.path().join("card.img");
        let mut disk = Disk::create(&path, 40 << 20, "NEEDLEDROP").unwrap();
        disk.write("kernel8.img", &vec![7; 3 << 20]).unwrap();
        disk.write("board.toml", b"input = \"default\"\n").unwrap();
        disk.finish().unwrap();
        path
    }
}

#[test]
fn cards_and_sticks_are_found_and_described() {
    let bench = Bench::new();
    let stick = [
        ("removable", "1"),
        ("device/vendor", "SanDisk "),
        ("device/model", "Ultra\n"),
    ];
    let stick = bench.disk(USB_STICK, &stick);
    let card = bench.disk(
        CARD_SLOT,
        &[("device/type", "SD\n"), ("device/name", "SL64G")],
    );
    let words = Card::find(&bench.machine, &stick, 0).unwrap().description();
    assert!(
        words.ends_with("dev/sdb: SanDisk Ultra, 67 MB; on it: a partition: sdbp1 1 MB"),
        "{words}"
    );
    let words = Card::find(&bench.machine, &card, 0).unwrap().description();
    assert!(words.contains("SL64G"), "{words}");
    // A link, as those of /dev/disk/by-id.
    let link = bench.device("usb-SanDisk");
    symlink(&stick, &link).unwrap();
    Card::find(&bench.machine, &link, CARD_BYTES).unwrap();
}

#[test]
fn all_other_disks_are_refused_in_one_sentence() {
    let bench = Bench::new();
    let removable = ("removable", "1");
    let cases = [
        ("pci0000:00/ata1/block/sdc", &[][..], "can't be taken out"),
        // A hard disk in a case of its own.
        ("pci0000:00/usb2/d/block/sdg", &[], "can't be taken out"),
        (
            "platform/mmc1/mmc1:1/block/mmcblk1",
            &[("device/type", "MMC")],
            "can't be taken out",
        ),
        ("virtual/block/loop0", &[removable], "is not hardware"),
        ("virtual/block/zram0", &[], "is not hardware"),
        (
            "pci0000:00/usb2/a/block/sdd",
            &[removable, ("size", "0")],
            "there is no card in",
        ),
        (
            "pci0000:00/usb2/b/block/sde",
            &[removable, ("ro", "1")],
            "small switch",
        ),
        (
            "pci0000:00/usb2/c/block/sdf",
            &[removable, ("size", "2047")],
            "only 1048064: take a larger card",
        ),
    ];
    for (place, files, expected) in cases {
        let words = bench.refused(&bench.disk(place, files));
        assert!(words.contains(expected), "{place}: {words}");
    }
    bench.disk(USB_STICK, &[removable]);
    let words = bench.refused(&bench.device("sdbp1"));
    assert!(
        words.contains("a card is written as a whole, give /dev/sdb"),
        "{words}"
    );
    let words = bench.refused(&bench.device("sdz"));
    assert!(words.contains("there is no"), "{words}");
    let words = bench.refused(&bench.image());
    assert!(
        words.contains("the kernel knows no disk card.img"),
        "{words}"
    );
    let here = Card::find(&Machine::here(), &bench.image(), 0).unwrap_err();
    assert!(here.to_string().contains("is no disk"), "{here}");
}

#[test]
fn a_disk_that_is_used_is_refused() {
    let bench = Bench::new();
    let stick = bench.disk(USB_STICK, &[("removable", "1")]);
    Card::find(&bench.machine, &stick, 0).unwrap();

    let mounts = [
        (
            "30 22 8:17 / /media/my\\040card rw - vfat /dev/sdb1 rw\n",
            "/media/my card",
        ),
        (
            "30 22 0:40 /@ /mnt rw shared:9 - btrfs /dev/sdbp1 rw\n",
            "umount /dev/sdbp1",
        ),
        (
            "30 22 8:16 / / rw - ext4 /dev/root rw\n",
            "this machine's own /",
        ),
        (
            "30 22 8:17 / /boot rw - vfat /dev/sdb1 rw\n",
            "this machine's own /boot",
        ),
    ];
    for (line, expected) in mounts {
        bench.file("proc/self/mountinfo", line);
        let words = bench.refused(&stick);
        assert!(words.contains(expected), "{words}");
    }
    bench.file("proc/self/mountinfo", "");
    bench.file("proc/swaps", "Filename Type\n/dev/sdbp1 partition 1 0 -2\n");
    assert!(bench.refused(&stick).contains("swapoff /dev/sdbp1"));
    bench.file("proc/swaps", "Filename Type\n");
    bench.file(&format!("sys/devices/{USB_STICK}/sdbp1/holders/dm-0"), "");
    assert!(bench.refused(&stick).contains("in use by dm-0"));
}

#[test]
fn a_card_is_written_and_read_back() {
    let bench = Bench::new();
    let stick = bench.disk(USB_STICK, &[("removable", "1")]);
    let image = bench.image();
    let size_bytes = card::check_image(&image).unwrap();
    let found = Card::find(&bench.machine, &stick, size_bytes).unwrap();
    assert!(found.is_writable());
    assert!(found.write(&image, &NEVER).unwrap());
    let written = fs::read(&stick).unwrap();
    assert!(written[..size_bytes as usize] == fs::read(&image).unwrap());
    let disk = Disk::open_to_read(&stick).unwrap();
    assert_eq!(disk.read("board.toml").unwrap(), b"input = \"default\"\n");
    assert!(found.description().contains("an earlier needledrop card"));

    let stopped = found.write(&image, &AtomicBool::new(true)).unwrap_err();
    let words = format!("{stopped:#}");
    assert!(words.contains("not usable as it is"), "{words}");
    assert!(Disk::open_to_read(&stick).is_err());
}

/// A loop device, given back at the end; none where this user may not have one.
struct Loop(String);

impl Loop {
    fn of(file: &Path) -> Option<Self> {
        let output = Command::new("losetup")
            .args(["--find", "--show"])
            .arg(file)
            .output()
            .ok()?;
        let name = String::from_utf8(output.stdout).unwrap();
        output
            .status
            .success()
            .then(|| Self(name.trim().to_owned()))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = Command::new("losetup").args(["--detach", &self.0]).status();
    }
}

/// The kernel's own part: exclusive opening, and reading past the page cache.
#[test]
fn a_real_block_device_is_written_and_read_back() {
    let bench = Bench::new();
    let backing = bench.folder.path().join("backing");
    fs::File::create(&backing)
        .unwrap()
        .set_len(CARD_BYTES)
        .unwrap();
    let Some(device) = Loop::of(&backing) else {
        eprintln!("skipped: no loop device for this user");
        return;
    };
    let name = device.0.trim_start_matches("/dev/");
    let number = fs::read_to_string(format!("/sys/class/block/{name}/dev")).unwrap();
    // To the rules it is a stick.
    bench.disk(
        &format!("pci0000:00/usb2/2-1/host6/block/{name}"),
        &[("removable", "1"), ("dev", &number)],
    );
    let machine = Machine {
        files_are_disks: false,
        ..bench.machine.clone()
    };
    let image = bench.image();
    let size_bytes = card::check_image(&image).unwrap();
    let found = Card::find(&machine, Path::new(&device.0), size_bytes).unwrap();
    let user = fs::OpenOptions::new()
        .read(true)
        .custom_flags(O_EXCL)
        .open(&device.0)
        .unwrap();
    let busy = found.write(&image, &NEVER).unwrap_err().to_string();
    assert!(busy.contains("is in use"), "{busy}");
    drop(user);
    assert!(found.write(&image, &NEVER).unwrap());
    drop(device);
    let written = fs::read(&backing).unwrap();
    assert!(written[..size_bytes as usize] == fs::read(&image).unwrap());
}

#[test]
fn only_our_images_are_written() {
    let bench = Bench::new();
    let other = bench.folder.path().join("other.img");
    let disk = Disk::create(&other, 40 << 20, "OTHER").unwrap();
    disk.finish().unwrap();
    let words = card::check_image(&other).unwrap_err().to_string();
    assert!(
        words.contains("is not a card image of needledrop"),
        "{words}"
    );
    fs::write(&other, "PK").unwrap();
    let words = card::check_image(&other).unwrap_err().to_string();
    assert!(words.contains("is no card image"), "{words}");
}

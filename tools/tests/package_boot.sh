#!/usr/bin/env bash
# Boots a Debian arm64 root with the package in qemu, and looks at the service under a real systemd: notification, watchdog,
# restarts, the sandbox, and the names that udev gives to a microphone and a USB serial adapter plugged in later.
#
#   tools/tests/package_boot.sh --model DIR [--program FILE --manual DIR] [--suite bookworm|trixie] [--yes]
#
# Builds the program unless it is given; the kernel is the one of card images. Takes minutes: part of tools/check --long.
# Exit codes: 0 all as it should be, 1 something is not, 77 it can't be run here (the sentence says why).

# shellcheck source=SCRIPTDIR/board_root.sh
. "$(dirname "${BASH_SOURCE[0]}")/board_root.sh"
# shellcheck source=SCRIPTDIR/../image-inputs.sh
. "$(dirname "${BASH_SOURCE[0]}")/../image-inputs.sh"

suite=bookworm
model=
program=
manual=
patience_s=1800
while [ $# -gt 0 ]; do
    case $1 in
    --suite) suite=$2 && shift ;;
    --model) model=$2 && shift ;;
    --program) program=$2 && shift ;;
    --manual) manual=$2 && shift ;;
    --yes) assume_yes=yes ;;
    *) die "unknown option: $1" ;;
    esac
    shift
done
[ -n "$model" ] || die "give --model DIR; see the head of this script"

require_board_root "$suite"
set_up require_image_inputs
[ -n "$is_set_up" ] || skip "the kernel of card images can't be had here; why is said above"
require_program
install_packages "the emulator" qemu-system-arm cpio || skip "qemu-system-aarch64 can't be had here"
work=$(mktemp -d)
emulator=
finish() {
    [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
root=$work/root
kernel=$work/kernel
dpkg-deb --extract "$image_inputs"/linux-image-*.deb "$kernel"

say "== the root"
unpack_board_root "$root"
"$repository/tools/flash" --package "$work/needledrop.deb" --model "$model" ${assume_yes:+--yes} --program "$program" --manual "$manual"
cp "$work"/*.deb "$root/tmp/"
in_root "$root" dpkg --install /tmp/needledrop.deb >/dev/null
# /tmp is emptied at boot.
mv "$root"/tmp/needledrop-model-*.deb "$root/root/model.deb"
# Drivers of USB sound and serial adapters, and of the loop that stands in for a microphone.
release=$(cd "$kernel/lib/modules" && echo *)
mkdir -p "$root/lib/modules/$release/kernel"
cp "$kernel/lib/modules/$release"/modules.* "$root/lib/modules/$release/"
for folder in sound drivers/usb drivers/hid lib crypto drivers/media/mc; do
    mkdir -p "$root/lib/modules/$release/kernel/$folder"
    cp -r "$kernel/lib/modules/$release/kernel/$folder/." "$root/lib/modules/$release/kernel/$folder/" 2>/dev/null || true
done
in_root "$root" depmod "$release"
sed -i 's|^serial = .*|serial = "/dev/needledrop-serial"|' "$root/etc/needledrop/board.toml"

install -m 755 "$(dirname "${BASH_SOURCE[0]}")/package_guest.sh" "$root/root/guest.sh"
cat >"$root/etc/systemd/system/guest.service" <<'UNIT'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/root/guest.sh
ExecStopPost=/bin/systemctl poweroff --force --force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyAMA0
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../guest.service "$root/etc/systemd/system/multi-user.target.wants/guest.service"
for unit in ssh.service systemd-hwdb-update.service systemd-pstore.service serial-getty@ttyAMA0.service getty@tty1.service systemd-networkd.service apt-daily.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ln -sf usr/lib/systemd/systemd "$root/init"
(cd "$root" && find . -xdev | cpio --quiet -o -H newc) >"$work/rd"

say "== the boot (minutes)"
qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 2 -m 2048 -nic none -nographic -no-reboot -monitor none \
    -kernel "$kernel"/boot/vmlinuz-* -initrd "$work/rd" \
    -append "console=ttyAMA0 quiet panic=-1 systemd.show_status=false" -serial "file:$work/console" \
    -device qemu-xhci -chardev "file,id=adapter,path=$work/serial" -device usb-serial,chardev=adapter \
    -audiodev none,id=silence -device usb-audio,audiodev=silence </dev/null &
emulator=$!
SECONDS=0
while kill -0 "$emulator" 2>/dev/null && [ "$SECONDS" -lt "$patience_s" ]; do sleep 1; done
tr -d '\r' <"$work/console" | grep -a -E '^(ok|not so|   \|| \|)' || true
if tr -d '\r' <"$work/console" | grep -aqx 'guest: all as it should be'; then
    records=$(grep -ac '^[$]ND' "$work/serial" || true)
    say "ok: records on the USB serial adapter: $records"
    [ "$records" -gt 0 ] || exit 1
    say "package_boot: $suite: all as it should be"
else
    tail -n 40 "$work/console" >&2
    say "package_boot: not so"
    exit 1
fi

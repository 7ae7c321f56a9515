# shellcheck shell=bash
# A Debian arm64 root to install packages in, as a board has it; sourced by tests, never run.
#
# It is made once by mmdebstrap and kept in ${XDG_CACHE_HOME:-~/.cache}/needledrop/board-root-SUITE.tar. Its programs run
# here by qemu-user. There is no running systemd in it, as in a container or an image that is being made.

# shellcheck source=SCRIPTDIR/../setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"

# skip SENTENCE: ends the test with the exit code of one that could not be run.
skip() {
    say "skipped: $1"
    exit 77
}

# Name of ALSA's library in a suite.
board_root_alsa() {
    case $1 in bookworm) printf libasound2 ;; *) printf libasound2t64 ;; esac
}

# require_board_root SUITE: sets `board_root_tar`; skips the test where the root can't be made.
require_board_root() {
    local suite=$1 made
    [ "$(id -u)" -eq 0 ] || skip "installing packages in a Debian root needs root: run this with sudo"
    install_packages "a Debian arm64 root and running it here" mmdebstrap arch-test qemu-user-static binfmt-support ||
        skip "a Debian arm64 root can't be made without these packages"
    require_arm64
    board_root_tar=${XDG_CACHE_HOME:-$HOME/.cache}/needledrop/board-root-$suite.tar
    [ -e "$board_root_tar" ] && return
    mkdir -p "$(dirname "$board_root_tar")"
    made=$board_root_tar.new.$$
    say "making a Debian root for arm64 (minutes, once): $board_root_tar"
    if ! mmdebstrap --quiet --format=tar --variant=minbase --architectures=arm64 \
        --include="systemd,udev,kmod,man-db,sudo,openssh-server,$(board_root_alsa "$suite")" "$suite" "$made" >&2; then
        rm -f "$made"
        skip "mmdebstrap could not make a Debian root; its words are above"
    fi
    mv "$made" "$board_root_tar"
}

# The kernel must start arm64 programs by qemu. Where systemd runs, the packages see to that.
require_arm64() {
    local formats=/proc/sys/fs/binfmt_misc
    [ "$(uname -m)" = aarch64 ] && return
    [ -e "$formats/qemu-aarch64" ] && return
    [ -e "$formats/register" ] || mount -t binfmt_misc none "$formats" ||
        skip "the kernel's binfmt_misc, by which arm64 programs start, can't be mounted here"
    update-binfmts --enable qemu-aarch64
    [ -e "$formats/qemu-aarch64" ] || skip "qemu-user could not be registered for arm64 programs"
}

# unpack_board_root FOLDER: a fresh root there.
unpack_board_root() {
    mkdir -p "$1"
    tar -C "$1" -xpf "$board_root_tar"
}

# Sets `program` and `manual` unless the caller has them: the program is built once, and not under the dates that a test
# gives to packages: a build that depends on them would begin anew.
require_program() {
    [ -z "$program" ] || return 0
    program=$("$repository/tools/flash" --build-only ${assume_yes:+--yes})
    # shellcheck disable=SC2034 # whoever sources this uses it
    manual=${program%/*}/manual
}

# in_root FOLDER COMMAND...: runs it in the root as root does on a board without a terminal.
in_root() {
    local root=$1
    shift
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        chroot "$root" "$@"
}

# shellcheck shell=bash
# The cross-build for boards, Linux on 64-bit or 32-bit ARM; sourced, never run.
#
# With rustup's own target (`rustup target add aarch64-unknown-linux-gnu`) that compiler is used. Without it, Debian's
# rustc-web packages are unpacked, not installed, into ${XDG_CACHE_HOME:-~/.cache}/needledrop/aarch64 (armv7). ALSA for
# the board is unpacked there either way. The build has a target folder of its own beside the normal one,
# `<target>-aarch64` (`<target>-armv7`): two compilers on one folder would rebuild each other's work. That folder also
# gets `qemu-run`, which runs a board's program here, and `cargo`, which builds and tests for the board.

# shellcheck source=SCRIPTDIR/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

lists_are_old=
builds_standard_library=

# choose_architecture arm64|armhf: sets what depends on it.
choose_architecture() {
    architecture=$1
    case $architecture in
    arm64) short=aarch64 triple=aarch64-unknown-linux-gnu gnu=aarch64-linux-gnu c_library=libc6-dev-arm64-cross emulator=qemu-aarch64-static ;;
    armhf) short=armv7 triple=armv7-unknown-linux-gnueabihf gnu=arm-linux-gnueabihf c_library=libc6-dev-armhf-cross emulator=qemu-arm-static ;;
    *) die "no board is called $architecture: arm64 or armhf" ;;
    esac
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/needledrop/$short
}
choose_architecture arm64

# apt-get with lists, archive and architectures of our own: needs no root and leaves the
# system's own set of architectures alone.
foreign_apt() {
    APT_CONFIG=$cache/apt/apt.conf "$@"
}

# write_apt_configuration ARCHITECTURE...: besides this machine's own.
write_apt_configuration() {
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
    cat >"$cache/apt/apt.conf" <<CONF
Dir::State::lists "$cache/apt/lists";
Dir::Cache "$cache/apt";
APT::Architecture "$(dpkg --print-architecture)";
APT::Architectures { "$(dpkg --print-architecture)"; $([ $# -eq 0 ] || printf '"%s"; ' "$@")};
APT::Sandbox::User "$(id -un)";
CONF
    # A broken third-party list must not stop us: what counts is whether the packages can be downloaded.
    foreign_apt apt-get -qq --error-on=any update >&2 || lists_are_old=yes
}

# die_of_apt PROBLEM HINT: the network is the likelier cause when the lists could not be had either.
die_of_apt() {
    [ -z "$lists_are_old" ] ||
        die "$1, and could not update its lists; its words are above: check the network, then run this again"
    die "$1; $2"
}

# unpack FOLDER PACKAGE...: the packages' files under FOLDER, all or nothing.
unpack() {
    local folder=$1 fresh=$1.new.$$ archive
    shift
    rm -rf "$fresh"
    mkdir -p "$fresh/archives"
    say "downloading $*"
    if ! (cd "$fresh/archives" && foreign_apt apt-get -qq download "$@" >&2); then
        rm -rf "$fresh"
        die_of_apt "apt-get could not download $*" "its words are above"
    fi
    for archive in "$fresh"/archives/*.deb; do dpkg -x "$archive" "$fresh"; done
    rm -r "$fresh/archives"
    rm -rf "$folder"
    mv "$fresh" "$folder"
}

# The first of the names that apt knows.
first_known() {
    local name
    for name in "$@"; do
        if foreign_apt apt-cache show "$name" >/dev/null 2>&1; then
            printf '%s' "$name"
            return
        fi
    done
    die_of_apt "apt-get knows none of: $*" \
        "give apt a source of $architecture packages (Ubuntu keeps them in its ports archive) and run this again"
}

require_alsa() {
    local library=$cache/sysroot/usr/lib/$gnu alsa
    [ -e "$library/libasound.so" ] && return
    say "unpacking ALSA for $architecture into $cache/sysroot"
    write_apt_configuration "$architecture"
    # Debian 13 and Ubuntu 24.04 renamed the library.
    alsa=$(first_known "libasound2t64:$architecture" "libasound2:$architecture")
    unpack "$cache/sysroot" "$alsa" "libasound2-dev:$architecture"
}

# Sets RUSTC: rustup's target, or rustc-web from Debian.
require_compiler() {
    if command -v rustup >/dev/null && rustup target list --installed | grep -x "$triple" >/dev/null; then
        say "compiler: $(rustc --version), target $triple from rustup"
        return
    fi
    local wrapper=$cache/rustc standard_library
    # Debian has a standard library for arm64 to be unpacked here; for armhf it is built from its source.
    case $architecture in
    arm64) standard_library=libstd-rust-web-dev:arm64 ;;
    *) standard_library=rust-web-src && builds_standard_library=yes ;;
    esac
    if [ ! -d "$cache/compiler" ]; then
        say "rustup has no $triple here (rustup target add $triple gets it);"
        say "unpacking Debian's rustc-web into $cache/compiler instead"
        if [ -n "$builds_standard_library" ]; then write_apt_configuration; else write_apt_configuration "$architecture"; fi
        local host standard llvm
        host=$(dpkg --print-architecture)
        standard=$(foreign_apt apt-cache depends libstd-rust-web-dev | sed -n 's/.*Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p') || true
        [ -n "$standard" ] || die_of_apt "apt-get knows no rustc-web" "run rustup target add $triple"
        llvm=$(foreign_apt apt-cache depends "$standard" | sed -n 's/.*Depends: \(libllvm[0-9]*\)$/\1/p') || true
        # What LLVM itself loads, but for the C library, which every system has.
        local loads
        mapfile -t loads < <(foreign_apt apt-cache depends "$llvm" | sed -n 's/.*Depends: \([a-z0-9.+-]*\)$/\1/p' |
            grep -Ev '^(libc6|libgcc-s1|libstdc\+\+6)$')
        unpack "$cache/compiler" rustc-web "$standard:$host" "libstd-rust-web-dev:$host" \
            "$standard_library" "$llvm:$host" "${loads[@]/%/:$host}"
    fi
    cat >"$wrapper" <<WRAPPER
#!/bin/sh
LD_LIBRARY_PATH="$cache/compiler/usr/lib/$(uname -m)-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "$cache/compiler/usr/bin/rustc" "\$@"
WRAPPER
    chmod +x "$wrapper"
    export RUSTC=$wrapper
    say "compiler: $("$wrapper" --version), unpacked in $cache/compiler"
}

# Two scripts in the target folder, for the build below and for tests:
# `qemu-run PROGRAM ARGS...` runs a board's program on this machine, with the libraries it needs;
# `cargo COMMAND ARGS...` is cargo for the board, whose tests run that way.
write_scripts() {
    local folder=$1 name=${triple//-/_}
    cat >"$folder/qemu-run" <<SCRIPT
#!/bin/sh
exec $emulator -L /usr/$gnu -E LD_LIBRARY_PATH="$cache/sysroot/usr/lib/$gnu" "\$@"
SCRIPT
    cat >"$folder/cargo" <<SCRIPT
#!/bin/sh
${RUSTC:+export RUSTC="$RUSTC"}
${builds_standard_library:+export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort}
export CARGO_TARGET_DIR="$folder" CARGO_BUILD_TARGET=$triple
export CARGO_TARGET_${name^^}_LINKER=$gnu-gcc
export CARGO_TARGET_${name^^}_RUNNER="$folder/qemu-run"
export CC_$name=$gnu-gcc
export PKG_CONFIG_ALLOW_CROSS=1
export PKG_CONFIG_SYSROOT_DIR_$name="$cache/sysroot"
export PKG_CONFIG_LIBDIR_$name="$cache/sysroot/usr/lib/$gnu/pkgconfig"
exec cargo "\$@"
SCRIPT
    chmod +x "$folder/qemu-run" "$folder/cargo"
}

# cargo_board CARGO: builds the board's program with that cargo. Sets `manual`, the folder to which the build script
# wrote the program's man page and completions; empty when it wrote none.
cargo_board() {
    local messages
    messages=$("$1" build --profile board --locked --manifest-path "$repository/Cargo.toml" \
        --message-format json-render-diagnostics -p needledrop-device --bin needledrop-device) || {
        # Not 2: callers must tell a program that does not compile from tools that are not to be had.
        local status=$?
        say "the program for the board did not build; the compiler's words are above"
        exit $status
    }
    manual=$(sed -n '/"reason":"build-script-executed"/{/#needledrop-device@/s/.*"out_dir":"\([^"]*\)".*/\1/p}' <<<"$messages")
}

# Whether this machine is of the board's own architecture.
is_own_architecture() { [ "$(rustc -vV | sed -n 's/^host: //p')" = "$triple" ]; }

# All that the build for the chosen architecture takes, asking first; dies where it can't be had.
require_cross_tools() {
    require_cargo
    if is_own_architecture; then
        require_build_packages
        return
    fi
    install_packages "the cross-build and running it here" build-essential pkg-config \
        "gcc-$gnu" "$c_library" qemu-user-static ||
        die "the cross-build needs gcc-$gnu, $c_library and qemu-user-static: install them, then run this again"
    require_alsa
    require_compiler
}

# Builds the program for boards of the chosen architecture. Sets `program`, its path, and `manual`, the folder with its
# man page and completions.
cross_build() {
    local target
    target=$(target_folder)
    require_cross_tools
    if is_own_architecture; then
        say "this machine is $architecture itself: a plain build, profile board"
        cargo_board cargo
        keep_manual "$target/board"
        return
    fi
    mkdir -p "$target-$short"
    write_scripts "$target-$short"
    cargo_board "$target-$short/cargo"
    keep_manual "$target-$short/$triple/board"
    say "it runs here with $target-$short/qemu-run"
}

# keep_manual FOLDER: puts what the build script wrote beside the program, where its path is always the same.
keep_manual() {
    program=$1/needledrop-device
    if [ -n "$manual" ]; then
        mkdir -p "$1/manual"
        cp "$manual"/* "$1/manual/"
        manual=$1/manual
    fi
    say "built: $program"
}

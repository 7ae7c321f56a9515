# shellcheck shell=bash
# Set-up shared by the launchers in this folder; sourced, never run.
# It says what it does before it does it, and installs nothing unasked:
# `--yes`, or CI in the environment, is the answer given beforehand.

set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
assume_yes=${CI:+yes}

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE: one sentence on stderr, exit code 2.
die() {
    say "$1"
    exit 2
}

require_cargo() {
    command -v cargo >/dev/null ||
        die "cargo is not here: install Rust from https://rustup.rs, open a new terminal, and run this again"
}

# Where cargo puts what it builds, whatever sets it (environment, config file, default).
target_folder() {
    cargo metadata --manifest-path "$repository/Cargo.toml" --format-version 1 --no-deps |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

# As root when we are not root already.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages NAME...: those that dpkg does not have, one a line.
missing_packages() {
    local name
    for name in "$@"; do
        dpkg-query --show --showformat='${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed ||
            printf '%s\n' "$name"
    done
}

# install_packages PURPOSE NAME...: installs what is missing, after asking; 1 when it was not done.
install_packages() {
    local purpose=$1 answer
    shift
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "this is no Debian, Ubuntu or Raspberry Pi OS: $purpose need what these packages hold there: $*"
        return 1
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    say "$purpose need these packages: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        say "installing packages needs root, and sudo is not here: as root, run: apt-get install ${missing[*]}"
        return 1
    fi
    if [ -z "$assume_yes" ]; then
        [ -t 0 ] || {
            say "nobody is here to ask: run again with --yes, or run: apt-get install ${missing[*]}"
            return 1
        }
        read -r -p "install them with apt-get? [Y/n] " answer
        case $answer in '' | [Yy]*) ;; *) return 1 ;; esac
    fi
    say "apt-get update && apt-get install ${missing[*]}"
    # A broken third-party list must not stop us: what counts is whether the packages install.
    as_root apt-get -qq update >&2 || say "apt-get update had errors; going on with the lists there are"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends \
        "${missing[@]}" >&2
}

# What building the workspace needs: a linker, pkg-config, ALSA's headers.
require_build_packages() {
    require_cargo
    install_packages "the builds" build-essential pkg-config libasound2-dev && return 0
    if command -v cc >/dev/null && command -v pkg-config >/dev/null && pkg-config --exists alsa; then
        say "a C compiler, pkg-config and ALSA's headers are here; going on"
        return 0
    fi
    die "without a C compiler, pkg-config and ALSA's headers nothing can be built"
}

# set_up COMMAND...: sets `is_set_up` unless what it needs can't be had here (exit code 2, why is said); any other
# failure is this script's. In a subshell, whose end is not ours; never a condition, where bash would ignore its errors.
# shellcheck disable=SC2034 # whoever calls this looks at `is_set_up`
set_up() {
    local status
    is_set_up=
    set +e
    (
        set -e
        "$@"
    )
    status=$?
    set -e
    case $status in
    0) is_set_up=yes ;;
    2) ;;
    *) exit "$status" ;;
    esac
}

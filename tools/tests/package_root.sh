#!/usr/bin/env bash
# Installs, upgrades, downgrades, removes and purges the package in a Debian arm64 root, and looks at what is left.
#
#   tools/tests/package_root.sh [--suite bookworm|trixie] [--model DIR] [--program FILE --manual DIR] [--yes]
#
# Builds the program unless it is given. Without a model what needs one is left out. Exit codes: 0 all as it should be,
# 1 something is not, 77 it can't be run here (the sentence says why).

# shellcheck source=SCRIPTDIR/board_root.sh
. "$(dirname "${BASH_SOURCE[0]}")/board_root.sh"

suite=bookworm
model=
program=
manual=
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

require_board_root "$suite"
require_program
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
settings=$root/etc/needledrop/board.toml

# Runs a command in the root.
board() { in_root "$root" "$@"; }

step() { say "" "== $*"; }

# fail SENTENCE
fail() {
    say "package_root: $1"
    exit 1
}

# expect SENTENCE COMMAND...: the command succeeds.
expect() {
    local sentence=$1
    shift
    "$@" || fail "not so: $sentence"
    say "ok: $sentence"
}

# shows TEXT COMMAND...: the command's output has the text in it.
shows() {
    local text=$1 output
    shift
    output=$("$@" 2>&1) || true
    case $output in
    *"$text"*) say "ok: $* says: $text" ;;
    *)
        say "$output"
        fail "$* does not say: $text"
        ;;
    esac
}

installed_version() { board dpkg-query --show --showformat="\${Version}" needledrop; }

# Every path of the root, but for what dpkg and useradd keep of their own: states, logs, copies of the account files.
listing() {
    (cd "$root" && find . -xdev -printf '%P %M %u %g\n') |
        grep -Ev '^(var/lib/dpkg/|var/log/|var/cache/|etc/(passwd|group|shadow|gshadow|subuid|subgid)-? )' | sort
    (cd "$root" && cat etc/passwd etc/group etc/shadow etc/gshadow)
}

# package FOLDER DATE: the package, and the model's, as if the commit had that date.
package() {
    mkdir -p "$work/$1"
    SOURCE_DATE_EPOCH=$2 "$repository/tools/flash" --package "$work/$1/needledrop.deb" \
        ${model:+--model "$model"} ${assume_yes:+--yes} --program "$program" --manual "$manual" >/dev/null ||
        fail "tools/flash --package failed"
    mkdir -p "$root/tmp/$1"
    cp "$work/$1"/*.deb "$root/tmp/$1/"
}

# installs DESCRIPTION FILE...: dpkg takes them; nothing asks.
installs() {
    local description=$1
    shift
    board dpkg --install "$@" </dev/null >"$work/dpkg.log" 2>&1 || {
        cat "$work/dpkg.log" >&2
        fail "dpkg refuses: $description"
    }
    sed 's/^/   | /' "$work/dpkg.log" >&2
    say "ok: $description"
}

step "packages of two dates, the first one twice"
unpack_board_root "$root"
package old 1700000000
package again 1700000000
package new 1800000000
expect "the same inputs give the same bytes" diff -r "$work/old" "$work/again"
rm -r "$root/tmp/again"
if install_packages "looking at packages as Debian does" lintian; then
    expect "lintian finds no error" lintian --fail-on error "$work"/new/*.deb
else
    say "left out: lintian is not here"
fi
listing >"$work/before"

step "install in a fresh root of $suite"
installs "first installation" /tmp/old/needledrop.deb
old=$(installed_version)
shows needledrop-device board needledrop-device --version
shows "NAME" board man --pager=cat needledrop-device
shows "uid=" board id needledrop
expect "the account has the groups audio and dialout and no other" \
    test "$(board id --name --groups needledrop | tr ' ' '\n' | sort | xargs)" = "audio dialout"
expect "the service starts with the board" \
    test -L "$root/etc/systemd/system/multi-user.target.wants/needledrop.service"
expect "files are as they were packed" board dpkg --verify needledrop
# Not a model: what is refused is the model, so the settings were understood.
shows "/var/lib/needledrop/model.onnx is not there" \
    board needledrop-device run --config /etc/needledrop/board.toml
# The examples that are commented out, one at a time.
while read -r example; do
    printf '%s\n' "$example" >"$root/tmp/example.toml"
    said=$(board needledrop-device run --model /missing.onnx --config /tmp/example.toml 2>&1) || true
    case $said in
    */missing.onnx* | */minisign.pub*) say "ok: the program takes the example: $example" ;;
    *) fail "the program does not take the example $example of board.toml: $said" ;;
    esac
done < <(sed -n 's/^#\([a-z]* = \)/\1/p' "$settings")
rm "$root/tmp/example.toml"
if command -v systemd-analyze >/dev/null; then
    exposure=$(systemd-analyze security --offline=true --no-pager \
        "$root/usr/lib/systemd/system/needledrop.service" 2>/dev/null | sed -n 's/.*Overall exposure level.*: //p')
    say "   | exposure by systemd-analyze security: $exposure"
    expect "it is at most 2.5" awk -v "level=${exposure%% *}" 'BEGIN { exit !(level != "" && level <= 2.5) }'
else
    say "left out: systemd-analyze is not here"
fi

step "upgrade, with settings that were edited"
sed -i 's/^format = .*/format = "jsonl"/' "$settings"
cp "$settings" "$work/edited.toml"
installs "upgrade" /tmp/new/needledrop.deb
new=$(installed_version)
expect "$old comes before $new" board dpkg --compare-versions "$old" lt "$new"
expect "the edited settings are kept" cmp "$settings" "$work/edited.toml"

step "downgrade"
installs "downgrade" /tmp/old/needledrop.deb
expect "the old version is back" test "$(installed_version)" = "$old"
expect "the edited settings are kept" cmp "$settings" "$work/edited.toml"

if [ -n "$model" ]; then
    step "a model's package"
    old_model=$(cd "$work/old" && echo needledrop-model-*.deb)
    new_model=$(cd "$work/new" && echo needledrop-model-*.deb)
    installs "model" "/tmp/old/$old_model"
    expect "the model is where the settings look for it" \
        cmp "$root/usr/share/needledrop/model.onnx" "$([ -d "$model" ] && echo "$model/model.onnx" || echo "$model")"
    expect "the program's own test is passed with it" \
        board needledrop-device selftest --model /var/lib/needledrop/model.onnx
    installs "model, the newer" "/tmp/new/$new_model"
    dpkg-deb --raw-extract "$work/new/$new_model" "$work/other"
    sed -i 's/^Package: .*/Package: needledrop-model-other/' "$work/other/DEBIAN/control"
    dpkg-deb --root-owner-group --build "$work/other" "$root/tmp/other.deb" >/dev/null
    # apt's work: dpkg alone refuses a package that conflicts with an installed one.
    board apt-get --quiet --yes install /tmp/other.deb >"$work/apt.log" 2>&1 ||
        { cat "$work/apt.log" >&2 && fail "apt does not take a model of another name"; }
    # What apt itself and this test leave.
    rm -rf "$root/tmp/other.deb" "$root/var/lib/apt/lists/auxfiles"
    say "ok: a model of another name"
    expect "it took the first one's place" board test ! -e "/var/lib/dpkg/info/${new_model%%_*}.list"
    board dpkg --purge needledrop-model-other >&2 ||
        fail "dpkg does not purge the model"
fi

step "remove"
board dpkg --remove needledrop >&2 || fail "dpkg does not remove"
expect "the program is gone" test ! -e "$root/usr/bin/needledrop-device"
expect "the edited settings are kept" cmp "$settings" "$work/edited.toml"

step "purge"
board dpkg --purge needledrop >&2 || fail "dpkg does not purge"
listing >"$work/after"
expect "nothing is left: files, folders, accounts" diff "$work/before" "$work/after"
say "" "package_root: $suite: all as it should be"

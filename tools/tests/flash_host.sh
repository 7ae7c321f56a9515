#!/usr/bin/env bash
# `tools/flash --host` against a real sshd, whose sessions run in a Debian arm64 root under qemu.
#
#   tools/tests/flash_host.sh [--model DIR] [--program FILE --manual DIR] [--yes]
#
# Builds the program unless it is given; the model is the one that tools/demo trains unless another is given.
# Exit codes: 0 all as it should be, 1 something is not, 77 it can't be run here (the sentence says why).

# shellcheck source=SCRIPTDIR/board_ssh.sh
. "$(dirname "${BASH_SOURCE[0]}")/board_ssh.sh"

model=
program=
manual=
while [ $# -gt 0 ]; do
    case $1 in
    --model) model=$2 && shift ;;
    --program) program=$(realpath "$2") && shift ;;
    --manual) manual=$(realpath "$2") && shift ;;
    --yes) assume_yes=yes ;;
    *) die "unknown option: $1" ;;
    esac
    shift
done
[ -n "$model" ] || model=$(target_folder)/demo/models/demo
[ -e "$model" ] || skip "a board needs a model: run tools/demo once, or name one with --model"
model=$(realpath "$model")
if [ -d "$model" ]; then model=$model/model.onnx; fi

work=$(mktemp -d /tmp/needledrop-flash-host.XXXXXX)
passed=0
only_path=

clean_up() {
    stop_boards
    rm -rf "$work"
}
trap clean_up EXIT

# flash ARGUMENTS...: the program, with what the launcher gives it; what it says is in $work/said.
flash() {
    local made=(--manual "$manual")
    case " $* " in *" --program "*) ;; *) made+=(--program "$program") ;; esac
    timeout 600 ${only_path:+env PATH="$only_path"} "$flash" "$@" "${made[@]}" >"$work/said" 2>&1 </dev/null
}

# host KIND ARGUMENTS...: tools/flash --host as a user with that key; what it says is in $work/said. Records are shown
# only where a number of seconds asks for them.
host() {
    set_ssh_options "$1"
    shift
    local more=(--no-monitor)
    case " $* " in *" --seconds "* | *" --no-monitor "*) more=() ;; esac
    flash --host "root@127.0.0.1:$port" "${ssh_options[@]}" "${more[@]}" "$@"
}

without_ssh() { only_path=/nonexistent flash --host pi@board --yes; }

# types_as KIND PASSWORD...: in a terminal, where each password is typed when it is asked for.
types_as() {
    set_ssh_options "$1"
    shift
    local terminal=$work/terminal status=0
    : >"$terminal"
    type_passwords "$terminal" "$@" | timeout 600 script --quiet --flush --return --append --command "$(printf '%q ' \
        "$flash" --host "root@127.0.0.1:$port" "${ssh_options[@]}" --program "$program" --manual "$manual" \
        --model "$model" --yes --no-monitor)" "$terminal" >/dev/null || status=$?
    cp "$terminal" "$work/said"
    return $status
}

# type_passwords TERMINAL PASSWORD...: waits for each question, two minutes at most.
type_passwords() {
    local terminal=$1 password asked=0 waits
    shift
    for password; do
        asked=$((asked + 1))
        for ((waits = 0; waits < 600; waits++)); do
            [ "$(grep -o 'password of' "$terminal" | wc -l)" -lt $asked ] || break
            sleep 0.2
        done
        printf '%s\r' "$password"
    done
}

types() { types_as asks "$@"; }

# release DATE: the version that is sent from now on is of a commit of that date.
release() { export SOURCE_DATE_EPOCH=$1; }
released() { "$flash" --version | sed "s/.* //; s/\$/+git$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)/"; }

fail() {
    say "flash_host: $1"
    exit 1
}

# case_of NAME EXPECTED_STATUS EXPECTED_WORDS COMMAND...
case_of() {
    local name=$1 expected=$2 words=$3 status=0
    shift 3
    say "" "-- $name"
    "$@" || status=$?
    cat "$work/said" >&2
    [ "$status" -eq "$expected" ] || fail "$name: exit code $status, expected $expected"
    grep -qF -- "$words" "$work/said" || fail "$name: nobody said: $words"
    passed=$((passed + 1))
}

# check NAME COMMAND...: a promise about what is on the board now.
check() {
    local name=$1
    shift
    "$@" || fail "$name: not so: $*"
}

# never NAME COMMAND...: the opposite.
never() {
    local name=$1
    shift
    if "$@"; then fail "$name: not so: $*"; fi
}

version() { in_root "$board" dpkg-query --show --showformat="\${Version}" needledrop 2>/dev/null; }
is_version() { [[ "$(version)" == "$1"* ]]; }
# Folders of ours that are still there after a minute, in which the board cleans up by itself; or unfinished packages.
leftovers() {
    local seconds=0
    while compgen -G "$board/var/tmp/needledrop*" >/dev/null && [ $seconds -lt 60 ]; do
        sleep 1
        seconds=$((seconds + 1))
    done
    compgen -G "$board/var/tmp/needledrop*" || [ -n "$(in_root "$board" dpkg --audit)" ]
}
is_installed() {
    in_root "$board" dpkg-query --status needledrop 2>/dev/null ||
        [ -e "$board/var/lib/needledrop" ] || [ -e "$board/etc/needledrop" ]
}
any_trace() { leftovers || is_installed; }
model_is() { cmp -s "$board/var/lib/needledrop/model.onnx" "$1"; }
until_quiet() { timeout 300 flock "$board/run/needledrop-install/lock" true; }
service_process() { cat "$board/run/needledrop-service.pid"; }
service_runs() { kill -0 "$(service_process)" && [ -S "$board/run/needledrop/records" ]; }

# A package whose installation failed, as after a power cut.
unfinished_package() {
    mkdir -p "$work/half/DEBIAN"
    printf 'Package: half\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: half\n' \
        >"$work/half/DEBIAN/control"
    printf '#!/bin/sh\nexit 1\n' >"$work/half/DEBIAN/postinst"
    chmod 755 "$work/half/DEBIAN/postinst"
    dpkg-deb --build "$work/half" "$board/tmp/half.deb" >/dev/null
    in_root "$board" dpkg --install /tmp/half.deb >/dev/null 2>&1 && fail "the unfinished package was installed"
    return 0
}

step() { say "" "== $*"; }

require_board_root bookworm
install_packages "a test over a real ssh" openssh-server openssh-client gcc-aarch64-linux-gnu libc6-dev-arm64-cross ||
    skip "without an sshd and a compiler for arm64 there is nothing to test"
require_program
cargo build --release --quiet --manifest-path "$repository/Cargo.toml" \
    --package needledrop-tools --no-default-features --bin flash
flash=$(target_folder)/release/flash
for flaw in FAILS_TRIAL FAILS_INSTALLED FAILS_RUN SILENT; do
    aarch64-linux-gnu-gcc -static -O1 -D$flaw -o "$work/$flaw" "$repository/tools/tests/board/failing.c"
done

say "flash_host: making the board"
start_boards "$work"
fresh_board

step "boards that cannot be reached, or that ssh does not trust"
case_of "a word that names no board" 2 "names no board" flash --host pi@-board --yes
case_of "a name that nobody knows" 2 "cannot find" flash --host pi@no-such-board.invalid --yes
case_of "a port where nobody listens" 2 "refused the connection" flash --host root@127.0.0.1:1 --yes
kill -STOP "$sshd"
case_of "a host that does not answer" 2 "did not answer in time" host pi --ssh ConnectTimeout=2 --yes
kill -CONT "$sshd"
known=$work/other_known_hosts
case_of "a host key that changed" 2 "another host key than the one ssh knows" host pi --yes
known=$work/no_known_hosts
case_of "a host key that is new" 2 "a host key that ssh does not know yet" host pi --yes
known=$work/known_hosts
case_of "a key that the board does not know" 2 "let nobody in" host stranger --yes
case_of "an option that ssh does not know" 2 "does not know one of the options" host pi --ssh NoSuchOption=1 --yes
case_of "no ssh on this machine" 2 "ssh is not installed" without_ssh

step "boards that cannot take it"
case_of "another architecture" 2 "is amd64 (x86_64), and the package is for arm64" host amd64 --model "$model" --yes
case_of "no Debian" 2 "which has no dpkg" host bare --model "$model" --yes
case_of "nobody to ask" 2 "run this again with --yes" host pi --model "$model"
case_of "no model anywhere" 2 "has no model yet: add --model models/NAME" host pi --yes
case_of "a user whom sudo does not let in" 2 "does not let plain in without a password" host plain --model "$model" --yes
mv "$board/usr/bin/sudo" "$board/usr/bin/sudo.away"
case_of "no sudo" 2 "there is no sudo" host plain --model "$model" --yes
mv "$board/usr/bin/sudo.away" "$board/usr/bin/sudo"
mount -t tmpfs -o size=8m tmpfs "$board/var/tmp"
chmod 1777 "$board/var/tmp"
case_of "no room" 2 "MB free where /var/tmp is" host pi --model "$model" --yes
umount "$board/var/tmp"
never "refusals leave nothing behind" any_trace

fresh_board
in_root "$board" dpkg --purge --force-depends "$(board_root_alsa bookworm)" >/dev/null 2>&1
case_of "a library that apt cannot get" 2 "libasound2 but it is not installable" host pi --model "$model" --yes
never "and nothing was installed" is_installed
fresh_board
unfinished_package
case_of "unfinished packages" 2 "has unfinished packages (half)" host pi --model "$model" --yes

step "what goes wrong on the way"
fresh_board
case_of "a program that fails its self-test there" 1 "nothing was changed there: fail  net" \
    host pi --program "$work/FAILS_TRIAL" --model "$model" --yes
never "nothing was installed" any_trace
case_of "a line cut while copying" 2 "was lost" host cut-copy --model "$model" --yes
never "nothing was installed" any_trace
case_of "bytes that change on the way" 2 "is not what was sent" host damage --model "$model" --yes
never "nothing was installed" any_trace

step "a first installation where no systemd runs"
release 1700000000
case_of "installed, not started" 0 "the service was not started: no systemd runs on the board" \
    host pi --model "$model" --yes
check "the model is the one that was sent" model_is "$model"
check "whose owner is root and who may be read" test "$(stat -c '%u %a' "$board/var/lib/needledrop/model.onnx")" = "0 644"
never "no folder is left over" leftovers
sed -i 's/^format = .*/format = "jsonl"/' "$board/etc/needledrop/board.toml"
cp "$board/etc/needledrop/board.toml" "$work/edited.toml"
release 1800000000
case_of "an upgrade" 0 "needledrop $(released)" host root --model "$model" --yes
check "it is the new version" is_version "$(released)"
check "the old version is kept" test -e "$board/var/lib/needledrop/previous/needledrop.deb"
check "edited settings are kept" cmp "$board/etc/needledrop/board.toml" "$work/edited.toml"
new=$(version)
case_of "a program whose self-test fails once installed" 1 "the old one is in place" \
    host pi --program "$work/FAILS_INSTALLED" --model "$model" --yes
check "the version is the one before" test "$(version)" = "$new"
check "its files are whole" in_root "$board" dpkg --verify needledrop
check "edited settings are kept" cmp "$board/etc/needledrop/board.toml" "$work/edited.toml"
never "no folder is left over" leftovers
release 1700000000
case_of "a downgrade" 0 "is installed" host pi --model "$model" --yes
check "it is the old version" is_version "$(released)"
check "edited settings are kept" cmp "$board/etc/needledrop/board.toml" "$work/edited.toml"

step "with a service"
fresh_board
stand_in_systemd
release 1700000000
case_of "a first installation whose service fails" 1 "was removed from root@127.0.0.1:$port again" \
    host pi --program "$work/FAILS_RUN" --model "$model" --yes
never "nothing was left of it" any_trace
case_of "a first installation, and its records" 0 "the service runs; first record:" \
    host pi --model "$model" --yes --seconds 15
grep -q '^[0-9:.]* #[0-9]* ' "$work/said" || fail "no records were shown"
cp "$model" "$work/first.onnx"
release 1800000000
case_of "an upgrade whose service ends at once" 1 "needledrop-device: cannot go on" \
    host pi --program "$work/FAILS_RUN" --model "$model" --yes
check "the old version is back" is_version "$(release 1700000000 && released)"
check "and its service runs" service_runs
case_of "an upgrade whose service says nothing" 1 "no record came from the service within 20 s" \
    host pi --program "$work/SILENT" --model "$model" --yes
check "the old version is back" is_version "$(release 1700000000 && released)"
check "and its service runs" service_runs
check "with its model" model_is "$model"
never "no folder is left over" leftovers

step "a line cut while dpkg works, and a second installation meanwhile"
release 1800000000
# dpkg stands still in the middle until the file goes.
touch "$board/tmp/hold"
echo "pre-invoke=while [ -e /tmp/hold ]; do sleep 0.2; done" >"$board/etc/dpkg/dpkg.cfg.d/hold"
# The line is cut by what this installation's log says, not the last one's.
rm -f "$board/run/needledrop-install/log"
host cut-install --model "$model" --yes --no-monitor && status=0 || status=$?
cat "$work/said" >&2
[ "$status" -eq 2 ] || fail "a cut line gave exit code $status"
grep -q 'goes on by itself' "$work/said" || fail "nobody said that the board goes on by itself"
case_of "a second installation" 2 "another installation is running on" host pi --model "$model" --yes
rm "$board/tmp/hold"
until_quiet
check "the new version is whole" is_version "$(released)"
check "the board says so" grep -q '^@installed=' "$board/run/needledrop-install/result"
check "its files are whole" in_root "$board" dpkg --verify needledrop
check "and its service runs" service_runs
never "no folder is left over" leftovers
rm "$board/etc/dpkg/dpkg.cfg.d/hold"

step "a password for sudo, typed in a terminal"
release 1700000000
case_of "the right one, at the second attempt" 0 "is installed" types 'wrong' 'drop the needle'
case_of "a user who may not use sudo" 2 "may not use sudo" types_as plain 'drop the needle'

say "" "flash_host: $passed cases, all as they should be"

#!/usr/bin/env bash
# `tools/flash --host` against a real sshd, whose sessions run in a Debian arm64 root under qemu.
#
#   tools/tests/flash_host.sh FLASH PROGRAM MODEL [MANUAL]
#
# FLASH is the program built from tools/src/bin/flash.rs, PROGRAM the board's program for aarch64, MODEL a model folder.
# Needs root, openssh-server, openssh-client, qemu-user-static, gcc-aarch64-linux-gnu. The sshd is this machine's, with
# a configuration, keys and a port of its own on 127.0.0.1; each key is forced into a session of another kind, as
# another user of the board. No systemd runs in the root: where a test wants one, `stand_in_systemctl` stands in for it
# and starts the real program as its unit says.

# shellcheck source=SCRIPTDIR/../setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"
# shellcheck source=SCRIPTDIR/board_root.sh
. "$(dirname "${BASH_SOURCE[0]}")/board_root.sh"

[ $# -ge 3 ] || die "usage: tools/tests/flash_host.sh FLASH PROGRAM MODEL [MANUAL]"
[ "$(id -u)" -eq 0 ] || die "tools/tests/flash_host.sh needs root: it starts an sshd and enters a root of its own"
flash=$(realpath "$1")
program=$(realpath "$2")
model=$(realpath "$3")
manual=${4:+$(realpath "$4")}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

work=$(mktemp -d /tmp/needledrop-flash-host.XXXXXX)
board=$work/board
sshd_pid=
emulator=/proc/sys/fs/binfmt_misc/needledrop-test
passed=0

clean_up() {
    [ -z "$sshd_pid" ] || kill "$sshd_pid" 2>/dev/null || true
    leave_board
    [ ! -e "$emulator" ] || echo -1 >"$emulator"
    rm -rf "$work"
}
trap clean_up EXIT

# ---- the board -------------------------------------------------------------------------------------------------

# The setuid bit of sudo counts under qemu only with the flag C, which Debian's own entry lacks.
register_emulator() {
    local own=/proc/sys/fs/binfmt_misc/qemu-aarch64
    [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
    [ ! -e "$emulator" ] || echo -1 >"$emulator"
    if grep -q '^flags:.*C' "$own" 2>/dev/null; then return; fi
    printf '%s' ':needledrop-test:M:0:\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:OCF' \
        >/proc/sys/fs/binfmt_misc/register
}

on_board() { chroot "$board" "$@"; }

# Kills what runs in the board's root, by process.
kill_board_processes() {
    local link
    for link in /proc/[0-9]*/root; do
        if [ "$(readlink "$link" 2>/dev/null)" = "$board" ]; then
            link=${link#/proc/}
            kill -9 "${link%/root}" 2>/dev/null || true
        fi
    done
}

leave_board() {
    kill_board_processes
    local mounted
    for mounted in var/tmp dev/pts proc run ''; do
        umount -q "$board/$mounted" 2>/dev/null || umount -q --lazy "$board/$mounted" 2>/dev/null || true
    done
}

# A board as it comes: the cached root below, what tests change above.
fresh_board() {
    leave_board
    rm -rf "$work/changes" "$work/scratch"
    mkdir -p "$work/changes" "$work/scratch" "$board"
    mount -t overlay needledrop -o "lowerdir=$work/root,upperdir=$work/changes,workdir=$work/scratch" "$board"
    mount -t proc proc "$board/proc"
    mount -t tmpfs tmpfs "$board/run"
}

make_root() {
    mkdir "$work/root"
    tar -xf "$(board_root)" -C "$work/root"
    local user
    for user in pi plain asks; do
        chroot "$work/root" useradd --create-home --shell /bin/bash "$user"
    done
    echo 'asks:drop the needle' | chroot "$work/root" chpasswd
    mkdir -p "$work/root/etc/sudoers.d"
    echo 'pi ALL=(ALL) NOPASSWD: ALL' >"$work/root/etc/sudoers.d/pi"
    echo 'asks ALL=(ALL) ALL' >"$work/root/etc/sudoers.d/asks"
    # A login shell that talks, as some do.
    echo 'echo "Welcome to the board"' >"$work/root/home/pi/.profile"
}

# Stands in for systemd in tests that want the service: starts the real program as the unit says.
stand_in_systemctl() {
    mkdir -p "$board/run/systemd/system"
    install -m 755 "$here/board/systemctl" "$board/usr/local/bin/systemctl"
    ln -sf systemctl "$board/usr/local/bin/journalctl"
}

# ---- the sshd --------------------------------------------------------------------------------------------------

# session KIND: what a key of that kind is forced into.
write_session() {
    cat >"$work/session" <<SESSION
#!/bin/bash
kind=\$1
board=$board
work=$work
SESSION
    cat >>"$work/session" <<'SESSION'
# The sshd process of this connection: when it dies, the line is cut.
connection() {
    local pid=$PPID
    while [ "$(cat "/proc/$pid/comm")" != sshd ]; do pid=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$pid/stat"); done
    echo "$pid"
}
enter() {
    local user=$1 id groups
    id=$(chroot "$board" id -u "$user")
    groups=$(chroot "$board" id -G "$user" | tr ' ' ,)
    shift
    cd /
    exec env -i HOME="/home/$user" USER="$user" LOGNAME="$user" PATH=/usr/local/bin:/usr/bin:/bin:/usr/games \
        chroot --userspec="$id:$id" --groups="$groups" "$board" /bin/bash --login -c 'cd; eval "$1"' login "$1"
}
command=${SSH_ORIGINAL_COMMAND:-true}
echo "$kind: $command" >>"$work/commands"
case $kind in
amd64) exec sh -c "$command" ;;
bare) PATH=$work/bare exec "$work/bare/sh" -c "$command" ;;
cut-copy)
    case $command in
    *package.deb*)
        head -c 65536 | enter pi "$command" &
        sleep 1
        kill -9 "$(connection)"
        exit
        ;;
    esac
    enter pi "$command"
    ;;
damage)
    case $command in
    *model.onnx) (tr '\0' '\1') | enter pi "$command"; exit ;;
    esac
    enter pi "$command"
    ;;
cut-install)
    (
        line=$(connection)
        until grep -q '^@step=installing' "$board/run/needledrop-install/log" 2>/dev/null; do sleep 0.05; done
        echo cut >>"$work/commands"
        kill -9 "$line"
    ) </dev/null >/dev/null 2>&1 &
    watcher=$!
    case $command in
    sudo*) ;;
    *) kill $watcher ;;
    esac
    enter pi "$command"
    ;;
*) enter "$kind" "$command" ;;
esac
SESSION
    chmod 755 "$work/session"
}

start_sshd() {
    local kind
    mkdir -p /run/sshd "$work/keys"
    ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$work/other_host_key"
    for kind in pi plain asks root amd64 bare cut-copy cut-install damage; do
        ssh-keygen -q -t ed25519 -N '' -f "$work/keys/$kind"
        echo "restrict,command=\"$work/session $kind\" $(cat "$work/keys/$kind.pub")" >>"$work/authorized_keys"
    done
    ssh-keygen -q -t ed25519 -N '' -f "$work/keys/stranger"
    port=$((20000 + RANDOM % 20000))
    cat >"$work/sshd_config" <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $work/host_key
PidFile none
AuthorizedKeysFile $work/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
LogLevel VERBOSE
CONF
    /usr/sbin/sshd -D -f "$work/sshd_config" -E "$work/sshd.log" &
    sshd_pid=$!
    echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/host_key.pub")" >"$work/known_hosts"
    echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/other_host_key.pub")" >"$work/other_known_hosts"
    local tries=0
    until ssh-keyscan -p "$port" 127.0.0.1 >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 50 ] || die "the test's sshd does not answer: $(tail -n 1 "$work/sshd.log")"
        sleep 0.1
    done
    # A system without dpkg: a shell and a few programs.
    mkdir "$work/bare"
    for kind in sh id uname sed tr cat tail df stat; do ln -s "$(command -v $kind)" "$work/bare/$kind"; done
}

# ---- the cases -------------------------------------------------------------------------------------------------

known=$work/known_hosts

# host KIND ARGUMENTS...: tools/flash --host as a user with that key; output in $work/said.
host() {
    local kind=$1
    shift
    timeout 300 "$flash" --host "root@127.0.0.1:$port" --ssh "IdentityFile=$work/keys/$kind" --ssh IdentitiesOnly=yes \
        --ssh "UserKnownHostsFile=$known" --ssh GlobalKnownHostsFile=/dev/null "$@" >"$work/said" 2>&1 </dev/null
}

# case_of NAME EXPECTED_STATUS EXPECTED_WORDS COMMAND...
case_of() {
    local name=$1 expected=$2 words=$3 status=0
    shift 3
    say "" "-- $name"
    "$@" || status=$?
    cat "$work/said" >&2
    [ "$status" -eq "$expected" ] || die "flash_host: $name: exit code $status, expected $expected"
    grep -qF -- "$words" "$work/said" || die "flash_host: $name: nobody said: $words"
    passed=$((passed + 1))
}

# check NAME COMMAND...: a promise about what is on the board now.
check() {
    local name=$1
    shift
    "$@" || die "flash_host: $name: not so: $*"
}

version() { on_board dpkg-query --show --showformat='${db:Status-Status} ${Version}' needledrop 2>/dev/null; }
is_version() { [ "$(version)" = "installed $1" ]; }
nothing_left() {
    ! compgen -G "$board/var/tmp/needledrop*" >/dev/null && [ -z "$(on_board dpkg --audit)" ]
}
never_installed() { ! on_board dpkg-query --status needledrop >/dev/null 2>&1 && nothing_left; }
model_is() { cmp -s "$board/var/lib/needledrop/model.onnx" "$1"; }
until_quiet() { timeout 120 flock "$board/run/needledrop-install/lock" true; }

say "flash_host: making the board"
register_emulator
make_root
write_session
start_sshd

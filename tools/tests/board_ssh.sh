# shellcheck shell=bash
# A board that is reached over ssh; sourced by tests, never run.
#
# The sshd is this machine's own, with a configuration, keys and a port of its own on 127.0.0.1. Each key is forced into
# a session of another kind: a user of the board, which is a Debian arm64 root under qemu, or a place that is no board,
# or a line that breaks. No systemd runs in the root: where a test wants one, tools/tests/board/systemctl stands in for
# it and starts the real program as its unit says.

# shellcheck source=SCRIPTDIR/board_root.sh
. "$(dirname "${BASH_SOURCE[0]}")/board_root.sh"

emulator=/proc/sys/fs/binfmt_misc/needledrop-test-$$
work=
board=
sshd=
known=

# start_boards FOLDER: the root, the keys and the sshd; all of it lies in that folder.
start_boards() {
    work=$1
    board=$work/board
    known=$work/known_hosts
    register_emulator
    make_root
    write_session
    start_sshd
}

stop_boards() {
    # Where it is stopped, it could not end.
    [ -z "$sshd" ] || kill -CONT "$sshd" 2>/dev/null || true
    [ -z "$sshd" ] || kill "$sshd" 2>/dev/null || true
    [ -z "$board" ] || leave_board
    [ ! -e "$emulator" ] || echo -1 >"$emulator"
}

# The setuid bit of sudo counts under qemu only with the flag C, which Debian's own entry lacks: one of ours, in front
# of it while the test runs.
register_emulator() {
    [ "$(uname -m)" != aarch64 ] || return 0
    [ ! -e "$emulator" ] || echo -1 >"$emulator"
    printf '%s' ":needledrop-test-$$"':M:0:\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:OCF' \
        >/proc/sys/fs/binfmt_misc/register
}

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
    unpack_board_root "$work/root"
    local user
    for user in pi plain asks; do
        in_root "$work/root" useradd --create-home --shell /bin/bash "$user"
    done
    printf '%s:drop the needle\n' asks plain | in_root "$work/root" chpasswd
    mkdir -p "$work/root/etc/sudoers.d"
    echo 'pi ALL=(ALL) NOPASSWD: ALL' >"$work/root/etc/sudoers.d/pi"
    echo 'asks ALL=(ALL) ALL' >"$work/root/etc/sudoers.d/asks"
    # A login shell that talks, as some do.
    echo 'echo "Welcome to the board"' >"$work/root/home/pi/.profile"
}

# From here on something on the board starts and stops the service.
stand_in_systemd() {
    mkdir -p "$board/run/systemd/system"
    install -m 755 "$repository/tools/tests/board/systemctl" "$board/usr/local/bin/systemctl"
    ln -sf systemctl "$board/usr/local/bin/journalctl"
}

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
        /usr/sbin/chroot --userspec="$id:$id" --groups="$groups" "$board" /bin/bash --login -c 'cd; eval "$1"' login "$1"
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
    sshd=$!
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

# set_ssh_options KIND: sets `ssh_options` for a session with that key.
set_ssh_options() {
    # shellcheck disable=SC2034 # whoever sources this uses it
    ssh_options=(--ssh "IdentityFile=$work/keys/$1" --ssh IdentitiesOnly=yes
        --ssh "UserKnownHostsFile=$known" --ssh GlobalKnownHostsFile=/dev/null)
}

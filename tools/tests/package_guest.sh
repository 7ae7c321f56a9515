#!/bin/bash
# What package_boot.sh runs in the emulated board, as root, once systemd is up. Prints one line a check.
set -u

unit=needledrop.service
failed=

# check SENTENCE COMMAND...
check() {
    local sentence=$1
    shift
    if "$@" >/tmp/said 2>&1; then
        echo "ok: $sentence"
    else
        echo "not so: $sentence"
        sed 's/^/   | /' /tmp/said
        systemctl show --property NRestarts,Result,ExecMainStatus,ActiveState,MainPID "$unit" | sed 's/^/   | /'
        journalctl --unit "$unit" --no-pager | tail -n 20 | sed 's/^/   | /'
        failed=yes
    fi
}

# within SECONDS COMMAND...: it succeeds before that.
within() {
    local tries=$1
    shift
    while ! "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 1
    done
}

state() { systemctl show --property "$1" --value "$unit"; }
is() { [ "$(state "$1")" = "$2" ]; }
has_record() { timeout 60 needledrop-device records </dev/null | head -n "$1" | grep -aq '^[$]ND'; }
others_pid() { [ "$(state MainPID)" != "$1" ] && [ "$(state MainPID)" != 0 ] && is ActiveState active; }
said() { journalctl --unit "$unit" --no-pager --output cat | grep -aq "$1"; }
in_status() { systemctl status "$unit" --no-pager --full | grep -aq "$1"; }

echo " | $(systemctl --version | head -n 1)"
check "without a model the unit is failed" within 60 is ActiveState failed
sleep 5
check "it did not flap" is NRestarts 0
check "its status says why" in_status "model.onnx is not there"

check "the model's package installs" dpkg --install /root/model.deb
check "and starts the service" within 120 is ActiveState active
check "records come from the socket" within 30 has_record 1
pid=$(state MainPID)
echo " | as $(stat -c %U:%G "/proc/$pid"), groups $(grep ^Groups "/proc/$pid/status"), seccomp $(grep ^Seccomp: "/proc/$pid/status" | cut -f2)"
echo " | $(systemd-analyze security --no-pager "$unit" | tail -n 1)"

# There is no USB microphone of software: qemu's USB sound card only plays, and Linux's emulated USB controller carries no
# sound. So the rule is tried with that card, which it must leave alone, and, with the bus's name changed, with a card
# that hears.
check "a USB sound card is there" within 60 sh -c 'modprobe snd-usb-audio; grep -q USB /proc/asound/cards'
check "without an input it is not card needledrop" test ! -e /proc/asound/needledrop
sed '/sound/s/SUBSYSTEMS=="usb"/SUBSYSTEMS=="platform"/' /lib/udev/rules.d/85-needledrop.rules >/etc/udev/rules.d/85-needledrop.rules
check "the bus's name is changed" sh -c '! cmp -s /lib/udev/rules.d/85-needledrop.rules /etc/udev/rules.d/85-needledrop.rules'
udevadm control --reload
modprobe snd-aloop
check "a microphone is card needledrop" within 30 test -e /proc/asound/needledrop
check "and is opened within the sandbox" within 60 grep -sq "owner_pid" /proc/asound/needledrop/pcm0c/sub0/status
modprobe ftdi_sio
check "a USB serial adapter is /dev/needledrop-serial" within 30 test -e /dev/needledrop-serial
opened() { find "/proc/$(state MainPID)/fd" -lname '*/ttyUSB*' | grep -q .; }
check "and is opened though its driver came later" within 60 opened
check "it is the same process all the while" is MainPID "$pid"

kill -KILL "$pid"
check "killed, it comes back" within 60 others_pid "$pid"
pid=$(state MainPID)
kill -STOP "$pid"
check "stopped, the watchdog brings it back" within 180 others_pid "$pid"
check "the journal names the watchdog" said "atchdog timeout"
check "stop ends it" systemctl stop "$unit"
check "with success" is Result success
check "the run folder is gone" test ! -e /run/needledrop
check "nothing of it is on the disk" test -z "$(find / -xdev -user needledrop -print -quit 2>/dev/null)"
[ -n "$failed" ] || echo "guest: all as it should be"

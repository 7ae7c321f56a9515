# What `tools/flash --host` asks a board before it changes anything: one `@key=value` a line.
# Lines without `@` are the talk of the login shell. Runs as `sh -s`, changes nothing.
# shellcheck shell=sh

fact() { printf '@%s=%s\n' "$1" "$2"; }

# file_system NAME PATH: which file system holds the path, and its free KiB.
file_system() {
    fact "$1_device" "$(stat -c %d "$2" 2>/dev/null)"
    fact "$1_free_kib" "$(df -Pk "$2" 2>/dev/null | sed -n '2s/^.* \([0-9][0-9]*\) \{1,\}[0-9]*% .*$/\1/p')"
}

# setting KEY: a text of the board's configuration.
setting() {
    sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*[\"']\([^\"']*\)[\"'].*/\1/p" /etc/needledrop/board.toml 2>/dev/null | tail -n 1
}

sudo_kind() {
    if [ "$(id -u)" -eq 0 ]; then
        echo root
    elif ! command -v sudo >/dev/null; then
        echo missing
    elif sudo -n true 2>/dev/null; then
        echo free
    else
        echo password
    fi
}

# Whether an installation is at work just now; 1 is what flock says when somebody holds the lock.
is_busy() {
    lock=/run/needledrop-install/lock
    [ -e "$lock" ] || return 1
    flock --nonblock "$lock" true 2>/dev/null
    [ $? -eq 1 ]
}

main() {
    LC_ALL=C
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    export LC_ALL PATH
    fact user "$(id -un)"
    fact system "$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null)"
    fact machine "$(uname -m)"
    fact architecture "$(dpkg --print-architecture 2>/dev/null)"
    fact glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
    fact sudo "$(sudo_kind)"
    file_system work /var/tmp
    file_system programs /usr
    file_system state /var/lib
    if is_busy; then fact busy yes; fi
    # Not `dpkg --audit`, which only root may ask.
    fact unfinished "$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' 2>/dev/null |
        sed -n 's/^half-installed //p; s/^unpacked //p; s/^half-configured //p' | tr '\n' ' ')"
    fact installed "$(dpkg-query --show --showformat='${db:Status-Status} ${Version}' needledrop 2>/dev/null | sed -n 's/^installed //p')"
    model=$(setting model)
    fact model "$model"
    [ ! -e "${model:-/var/lib/needledrop/model.onnx}" ] || fact has_model yes
    # The last line: without it the answer is not whole.
    fact end yes
}

main

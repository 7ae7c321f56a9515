# The board's part of an installation: the old state whole, or the new state whole.
#
#   sh install.sh WORK ROOM install [started]        sh install.sh WORK ROOM libraries NAME...
#
# WORK has package.deb and, when a model was sent, model.onnx and perhaps model.onnx.minisig. ROOM gets
# `pid` at the start and `result` at the end. A line that starts with `@` is for the person at the other end.
# Runs as root and belongs to no connection: dpkg that is killed half-way leaves a package half-installed.
# shellcheck shell=sh

name=needledrop
program=/usr/bin/needledrop-device
configuration=/etc/needledrop/board.toml
state=/var/lib/needledrop
model=$state/model.onnx

say() { echo "@step=$*"; }

# finish KIND REASON: what happened, for whoever asks; the last thing done.
finish() {
    trap - EXIT
    # Texts of other programs may have several lines.
    printf '@%s=%s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')" >"$room/result.new"
    mv "$room/result.new" "$room/result"
    rm -rf "$work"
    exit 0
}

setting() {
    sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*[\"']\([^\"']*\)[\"'].*/\1/p" "$configuration" 2>/dev/null | tail -n 1
}

installed_version() {
    dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$name" 2>/dev/null | sed -n 's/^installed //p'
}

runs_systemd() { [ -d /run/systemd/system ]; }

# as_service COMMAND...: as the user that the service has.
as_service() {
    if id needledrop >/dev/null 2>&1; then runuser -u needledrop -- "$@"; else "$@"; fi
}

# run_dpkg ARGUMENT...: dpkg, which keeps the person's edits of configuration files. Another one may be at work
# (unattended upgrades): it is waited for. Its words go to the log, and to $complaint when it failed.
run_dpkg() {
    tries=0
    while :; do
        DEBIAN_FRONTEND=noninteractive dpkg --force-confold --force-confdef "$@" >"$work/dpkg.log" 2>&1 && failed=0 || failed=$?
        cat "$work/dpkg.log"
        [ "$failed" -ne 0 ] || return 0
        complaint=$(sed -n 's/^dpkg: error[^:]*: *//p; s/^E: //p' "$work/dpkg.log" | head -n 1)
        [ -n "$complaint" ] || complaint=$(grep -v '^ *$' "$work/dpkg.log" | tail -n 1)
        grep -q 'frontend lock\|database lock' "$work/dpkg.log" || return 1
        tries=$((tries + 1))
        [ "$tries" -le 60 ] || return 1
        [ "$tries" -ne 1 ] || say "another program is installing packages on the board; waiting for it"
        sleep 2
    done
}

# The installed package as a package again, out of its own files. The configuration is left out: it stays
# on the board whatever happens, and dpkg goes on knowing what it was when it came.
repack() {
    tree=$work/tree
    mkdir -p "$tree/DEBIAN" || return 1
    dpkg-query --status "$name" | sed '/^Status:/d; /^Conffiles:/,/^[^ ]/{/^Conffiles:/d; /^ /d}' >"$tree/DEBIAN/control"
    for script in preinst postinst prerm postrm; do
        [ ! -e "/var/lib/dpkg/info/$name.$script" ] || cp -p "/var/lib/dpkg/info/$name.$script" "$tree/DEBIAN/$script" || return 1
    done
    dpkg-query --listfiles "$name" >"$work/files"
    while read -r path; do
        if [ -d "$path" ]; then
            mkdir -p "$tree$path" || return 1
        elif [ -e "$path" ] && [ "${path#/etc/needledrop/}" = "$path" ]; then
            cp -a "$path" "$tree$path" || return 1
        fi
    done <"$work/files"
    # Uncompressed: seconds count on a small board, and it is kept only until the next one.
    dpkg-deb --build --root-owner-group -Znone "$tree" "$work/kept/$name.deb" && rm -rf "$tree"
}

there() { [ -e "$1" ] || [ -L "$1" ]; }

# put FOLDER: the model of that folder becomes the board's, in one step; without one there is none any more.
# The board's may be a link to a packaged model: it is kept and put back as a link.
put() {
    rm -f "$model.minisig"
    if there "$1/model.onnx"; then
        mkdir -p "$state" && rm -f "$model.new" && cp -dp "$1/model.onnx" "$model.new" && sync "$state" || return 1
        ! there "$1/model.onnx.minisig" || cp -dp "$1/model.onnx.minisig" "$model.minisig" || return 1
        mv -f "$model.new" "$model"
    else
        rm -f "$model"
    fi
}

# The old version and the old model as they were.
go_back() {
    say "going back: $1"
    back=yes
    if [ -e "$work/kept/$name.deb" ]; then
        put "$work/kept" || back=
        run_dpkg --install "$work/kept/$name.deb" || back=
    else
        run_dpkg "$undo" "$name" || back=
        # After it: a purge takes the folder with it.
        put "$work/kept" || back=
    fi
    rmdir "$state" 2>/dev/null || true
    if runs_systemd && [ -n "$old" ]; then
        systemctl daemon-reload
        if [ -n "$was_active" ]; then systemctl restart "$name" || back=; else systemctl stop "$name"; fi
    fi
    if [ -z "$back" ]; then
        finish failed "$1; going back to the old version failed too: $complaint"
    elif [ -n "$old" ]; then
        finish restored "$1"
    else
        finish removed "$1"
    fi
}

# service_failed REASON: goes back, with the last words of the service.
service_failed() {
    words=$(journalctl --unit "$name" --lines 1 --output cat 2>/dev/null | head -n 1)
    go_back "$1${words:+: $words}"
}

# The first record that the service gives, or nothing after 20 s.
first_record() {
    mkfifo "$work/records"
    socket=$(setting socket)
    # The socket is there a moment after the service; the reader is started again until it is.
    (
        end=$(($(date +%s) + 20))
        while [ "$(date +%s)" -lt "$end" ]; do
            timeout 20 "$program" records ${socket:+--socket "$socket"} 2>/dev/null
            sleep 0.2
        done
    ) >"$work/records" &
    reader=$!
    line=
    read -r line <"$work/records" || true
    kill "$reader" 2>/dev/null
    printf '%s' "$line" | tr -d '\r'
}

start_service() {
    say "starting the service"
    systemctl daemon-reload
    systemctl restart "$name" || service_failed "the service did not start"
    systemctl is-active --quiet "$name" || service_failed "the service ended at once"
    # Somebody's settings may have no socket: whether records come is then not to be seen here.
    [ -n "$(setting socket)" ] || return 0
    record=$(first_record)
    case $record in
    [$]ND*[*]???? | '{'*'}') echo "@record=$record" ;;
    *) service_failed "no record came from the service within 20 s" ;;
    esac
}

install_all() {
    # A first installation is undone without a trace, unless somebody's configuration was there before it.
    undo=--purge
    if dpkg-query --status "$name" >/dev/null 2>&1 || [ -e "${configuration%/*}" ]; then undo=--remove; fi
    old=$(installed_version)
    was_active=
    if runs_systemd && systemctl is-active --quiet "$name"; then was_active=yes; fi
    mkdir "$work/kept"
    if [ -n "$old" ]; then
        say "keeping version $old"
        repack || finish unchanged "could not keep the old version: $(tail -n 1 "$room/log")"
    fi
    for file in model.onnx model.onnx.minisig; do
        ! there "$state/$file" || cp -dp "$state/$file" "$work/kept/$file" || finish unchanged "could not keep the old model"
    done
    trap 'go_back "the installation was interrupted"' EXIT
    trap 'exit 1' INT TERM
    say "installing"
    if [ -e "$work/model.onnx" ]; then chmod 644 "$work"/model.onnx*; put "$work" || go_back "could not write $model"; fi
    run_dpkg --install "$work/package.deb" || go_back "dpkg could not install the package: $complaint"
    used=$(setting model)
    say "self-test of the installed program"
    as_service "$program" selftest --model "${used:-$model}" >"$work/selftest.log" 2>&1 || {
        cat "$work/selftest.log"
        go_back "the self-test failed: $(grep -v '^ok' "$work/selftest.log" | head -n 1)"
    }
    cat "$work/selftest.log"
    if runs_systemd; then start_service; else echo "@idle=no systemd runs on the board"; fi
    # What was kept of the version before the last one goes only now.
    rm -rf "$state/previous"
    if [ -n "$old" ]; then
        mkdir -p "$state" && mv "$work/kept" "$state/previous" || echo "could not keep the old version in $state/previous"
    fi
    finish installed "$(installed_version)"
}

libraries() {
    say "getting $*"
    DEBIAN_FRONTEND=noninteractive apt-get --yes --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 \
        install "$@" >"$work/apt.log" 2>&1 && failed=0 || failed=$?
    cat "$work/apt.log"
    [ "$failed" -eq 0 ] || finish unchanged "$(sed -n 's/^E: //p' "$work/apt.log" | head -n 1)"
    finish installed "$*"
}

work=$1
room=$2
what=$3
shift 3
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022
echo $$ >"$room/pid"
case $what in
install) install_all ;;
libraries) libraries "$@" ;;
esac

# Starts the board's own part of an installation and shows its log until it ends.
# Runs as root as `sh -s`; arguments: the folder that was sent, SHA-256 of its SHA256SUMS, what to do
# (`install`, or `libraries NAME...`).
#
# The work itself runs apart from the connection: from `setsid` on, a line that is cut ends only this
# script. `flock` keeps a second installation away.
# shellcheck shell=sh

room=/run/needledrop-install

refuse() {
    echo "@refused=$*"
    exit 0
}

main() {
    LC_ALL=C
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    export LC_ALL PATH
    umask 022
    folder=$1
    digest=$2
    shift 2
    mkdir -p "$room" || refuse "could not make $room"
    # Held until the installation itself holds its lock: between the two, another one must not clean up.
    exec 8>"$room/start" || refuse "could not write in $room"
    if ! flock --nonblock 8 || ! flock --nonblock "$room/lock" true; then
        refuse "another installation is running on the board; wait for it and run this again"
    fi
    # What an installation left that a power cut ended.
    rm -rf /var/tmp/needledrop-install.*
    work=$(mktemp -d /var/tmp/needledrop-install.XXXXXX) || refuse "could not make a folder in /var/tmp"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM PIPE
    cp "$folder"/*.* "$folder/SHA256SUMS" "$work" || refuse "could not copy $folder to $work"
    # From here on only root can change the files; they must still be those that were sent.
    if [ "$(sha256sum <"$work/SHA256SUMS")" != "$digest  -" ] ||
        ! (cd "$work" && sha256sum --check --quiet SHA256SUMS >/dev/null 2>&1); then
        refuse "files in $folder changed after they were checked"
    fi
    : >"$room/log"
    rm -f "$room/result" "$room/pid"
    trap - EXIT
    trap '' HUP
    setsid --fork flock --nonblock --close "$room/lock" \
        sh "$work/install.sh" "$work" "$room" "$@" </dev/null >"$room/log" 2>&1 8>&-
    waits=0
    until [ -s "$room/pid" ]; do
        waits=$((waits + 1))
        [ "$waits" -le 100 ] || refuse "the installation did not start within 10 s"
        sleep 0.1
    done
    exec 8>&-
    tail --lines=+1 --follow --pid="$(cat "$room/pid")" "$room/log"
    cat "$room/result" || echo "@failed=the installation ended without a result"
}

main "$@"

# Tries the new program on the board before anything is installed: what apt would have to get beside the package, then
# the self-test of the program as it lies in the package. Runs as `sh -s`; arguments: the folder that was sent, the model.
# shellcheck shell=sh

# What is missing, one `@missing=NAME` a line; what apt cannot solve is `@unsolved=WORDS`.
missing_libraries() {
    apt-get --simulate --no-install-recommends --reinstall install ./package.deb >apt.log 2>&1 || {
        # `needledrop : Depends: A but it is not installable or`, and on the next line what else would do.
        words=$(sed -n '/^ *needledrop : /,/^E: /{/^E: /!p}' apt.log | tr -s ' \n' '  ')
        [ -n "$words" ] || words=$(sed -n 's/^E: //p' apt.log | head -n 1)
        echo "@unsolved=$words"
        return 0
    }
    sed -n 's/^Inst \([^ ]*\) .*/@missing=\1/p' apt.log | grep -v '^@missing=needledrop$'
}

main() {
    LC_ALL=C
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    export LC_ALL PATH
    cd "$1" || exit 2
    if missing_libraries; then exit 0; fi
    rm -rf unpacked
    dpkg-deb --extract package.deb unpacked || exit 2
    ./unpacked/usr/bin/needledrop-device selftest --model "$2" 2>&1
    echo "@selftest=$?"
}

main "$@"

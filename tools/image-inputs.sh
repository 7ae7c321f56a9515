# shellcheck shell=bash
# The Debian packages that an SD card image is made of; sourced, never run.
#
# Downloaded once, into ${XDG_CACHE_HOME:-~/.cache}/needledrop/image-inputs, and never unpacked or
# installed here. Delete that folder to have newer ones. They come from the places that this
# system's own apt has, with the component of Raspberry Pi's firmware added; apt verifies them.

# shellcheck source=SCRIPTDIR/setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

image_inputs=${XDG_CACHE_HOME:-$HOME/.cache}/needledrop/image-inputs
# Lists and configuration of an apt of our own: needs no root, leaves the system's alone.
image_apt_folder=$image_inputs-apt
firmware_component=non-free-firmware

image_apt() {
    APT_CONFIG=$image_apt_folder/apt.conf "$@"
}

# The entries of Debian's own archive in sources of the one-line form, from stdin, with the component.
add_component_to_lines() {
    sed -nE "/^deb[[:blank:]].*\/debian(-security)?\/?[[:blank:]]/ {
        /[[:blank:]]$firmware_component([[:blank:]]|\$)/! s/[[:blank:]]*(#.*)?\$/ $firmware_component/
        p
    }"
}

# The same for the form in paragraphs.
add_component_to_paragraphs() {
    awk -v RS= -v ORS='\n\n' -v component="$firmware_component" '
        BEGIN { FS = "\n" }
        tolower($0) ~ /(^|\n)enabled:[ \t]*(no|false)/ { next }
        $0 !~ /(^|\n)URIs:[^\n]*\/debian(-security)?\/?[ \t]*(\n|$)/ { next }
        {
            sub(/^Types:[^\n]*/, "Types: deb")
            sub(/\nTypes:[^\n]*/, "\nTypes: deb")
            if ($0 !~ component) sub(/Components:/, "Components: " component)
            print
        }'
}

write_image_sources() {
    local list parts=$image_apt_folder/sources
    rm -rf "$parts"
    mkdir -p "$parts"
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$list" ] || continue
        add_component_to_lines <"$list" >>"$parts/lines.list"
    done
    for list in /etc/apt/sources.list.d/*.sources; do
        [ -e "$list" ] || continue
        add_component_to_paragraphs <"$list" >>"$parts/paragraphs.sources"
    done
}

write_image_apt() {
    mkdir -p "$image_apt_folder/lists/partial" "$image_apt_folder/archives/partial"
    write_image_sources
    cat >"$image_apt_folder/apt.conf" <<CONF
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$image_apt_folder/sources";
Dir::State::lists "$image_apt_folder/lists";
Dir::Cache "$image_apt_folder";
APT::Architecture "$(dpkg --print-architecture)";
APT::Architectures { "$(dpkg --print-architecture)"; "arm64"; };
APT::Sandbox::User "$(id -un)";
CONF
    image_apt apt-get -qq update >&2 || say "apt-get update had errors; going on with the lists there are"
}

# depends_on PACKAGE PATTERN: the first package of that pattern that it depends on.
depends_on() {
    image_apt apt-cache depends "$1" 2>/dev/null |
        sed -nE "s/^ *\|?Depends: ($2)(:arm64)?\$/\1/p" | head -n 1 || true
}

require_image_inputs() {
    [ -e "$image_inputs/complete" ] && return
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        die "card images are made of Debian packages by apt-get and dpkg-deb, which are not here: run this on Debian, Ubuntu has no kernel for it"
    fi
    write_image_apt
    local kernel gcc sound name fresh=$image_inputs.new.$$
    kernel=$(depends_on linux-image-arm64:arm64 'linux-image-[0-9][^:]*')
    gcc=$(depends_on libgcc-s1:arm64 'gcc-[0-9]+-base')
    [ -n "$kernel" ] ||
        die "apt knows no linux-image-arm64 here, of which card images are made: run this on Debian 12 or 13, with a network the first time"
    # Debian 13 renamed the library.
    sound=libasound2t64
    image_apt apt-cache show $sound:arm64 >/dev/null 2>&1 || sound=libasound2
    local packages=(raspi-firmware libasound2-data)
    for name in "$kernel" busybox-static libc6 libgcc-s1 "${gcc:-gcc-12-base}" "$sound" alsa-utils base-files; do
        packages+=("$name:arm64")
    done
    say "downloading the packages of the card image: ${packages[*]}"
    rm -rf "$fresh"
    mkdir -p "$fresh"
    if ! (cd "$fresh" && image_apt apt-get -qq download "${packages[@]}" >&2); then
        rm -rf "$fresh"
        die "apt-get could not download the packages of the card image; its words are above"
    fi
    : >"$fresh/complete"
    rm -rf "$image_inputs"
    mv "$fresh" "$image_inputs"
}

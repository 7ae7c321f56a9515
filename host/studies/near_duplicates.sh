#!/bin/bash
# How many copies of a recording `needledrop prepare` finds, and how many different ones it takes for copies.
#
#   host/studies/near_duplicates.sh DIR [PRESET]
#
# DIR holds folders of genres with clips that are all different recordings. ffmpeg makes eleven copies of each, prepare
# sees all of them, and clips.csv says what it took for what. Prints missed copies by kind, and false matches.
set -euo pipefail
data=${1:?usage: near_duplicates.sh DIR [PRESET]}
preset=${2:-seed}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

copy() { # SOURCE NAME ARGUMENTS..
    local source=$1 name=$2
    shift 2
    ffmpeg -nostdin -v error "${before[@]}" -i "$source" "$@" "$work/music/$genre/$stem=$name"
}

find "$data" -mindepth 2 -type f | sort | while read -r file; do
    genre=$(basename "$(dirname "$file")")
    stem=$(basename "${file%.*}")
    mkdir -p "$work/music/$genre"
    cp "$file" "$work/music/$genre/$stem=.${file##*.}" # "=." sorts before every copy
    before=()
    copy "$file" mp3-64k.mp3 -b:a 64k
    copy "$file" mp3-128k.mp3 -b:a 128k
    copy "$file" mp3-320k-stereo-44k.mp3 -ac 2 -ar 44100 -b:a 320k
    copy "$file" m4a-96k.m4a -c:a aac -b:a 96k
    copy "$file" ogg-q2.ogg -c:a libvorbis -q:a 2
    copy "$file" plus-6dB.wav -af volume=6dB
    copy "$file" minus-6dB.wav -af volume=-6dB
    before=(-ss 0.5)
    copy "$file" from-0.5s.mp3 -b:a 128k
    before=(-ss 1.73)
    copy "$file" from-1.73s.wav
    before=(-ss 5)
    copy "$file" from-5s.mp3 -b:a 192k
    before=(-ss 2.31 -t 22.4)
    copy "$file" 2.31s-to-24.71s.mp3 -b:a 128k
done
needledrop prepare --data "$work/music" --out "$work/set" --preset "$preset" --split 64/16/20
awk -F, '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    {
        clip = $column["clip"]
        first = $column["near_duplicate_of"] $column["duplicate_of"]
        name = clip; sub(/=.*/, "", name)
        kind = clip; sub(/.*=/, "", kind)
        if (substr(kind, 1, 1) == ".") { originals++; if (first != "") falsely++; next }
        made[kind]++
        of = first; sub(/=.*/, "", of)
        if (first == "") missed[kind]++
        else if (of != name) falsely++
    }
    END {
        for (kind in made) printf "%-28s %4d made, %d missed\n", kind, made[kind], missed[kind]
        printf "%d recordings, %d false matches\n", originals, falsely
    }' "$work/set/clips.csv"

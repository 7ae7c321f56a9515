#!/bin/bash
# Peak memory of `needledrop prepare` over sets of different sizes.
#
#   host/studies/prepare_memory.sh [CLIPS..]      (1000 10000)
#
# Clips of 1.6 s of noise, every one different; two genres.
set -euo pipefail
seconds_bytes=70560 # 1.6 s of 22 050 Hz, 16 bits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2059
le32() { printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x00"; }
{
    printf RIFF; le32 $((seconds_bytes + 36)); printf 'WAVEfmt '; le32 16
    printf '\x01\x00\x01\x00'; le32 22050; le32 44100; printf '\x02\x00\x10\x00data'; le32 $seconds_bytes
} >"$work/header"
for clips in "${@:-1000 10000}"; do
    for count in $clips; do
        mkdir -p "$work/$count/blues" "$work/$count/waltz"
        for ((clip = 0; clip < count; clip++)); do
            genre=blues
            ((clip % 2)) && genre=waltz
            { cat "$work/header"; head -c $seconds_bytes /dev/urandom; } >"$work/$count/$genre/$clip.wav"
        done
        needledrop prepare --data "$work/$count" --out "$work/set" --jobs 2 --json 2>/dev/null |
            python3 -c 'import json, sys; s = json.load(sys.stdin); print(s["clips"], "clips:", round(s["peak_memory_bytes"] / 2**20, 1), "MiB peak,", round(s["wall_seconds"]), "s")'
        rm -r "$work/set" "${work:?}/$count"
    done
done

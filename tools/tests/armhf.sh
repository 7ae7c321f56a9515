#!/usr/bin/env bash
# The program for boards with a 32-bit system, under qemu: it passes its self-test, and says of music what this machine's
# program says.
#
#   tools/tests/armhf.sh --model DIR [--yes]
#
# Builds both programs. Exit codes: 0 all as it should be, 1 something is not, 77 it can't be run here.

# shellcheck source=SCRIPTDIR/../setup.sh
. "$(dirname "${BASH_SOURCE[0]}")/../setup.sh"

model=
while [ $# -gt 0 ]; do
    case $1 in
    --model) model=$2 && shift ;;
    --yes) assume_yes=yes ;;
    *) die "unknown option: $1" ;;
    esac
    shift
done
[ -n "$model" ] || die "give --model DIR; see the head of this script"
[ ! -d "$model" ] || model=$model/model.onnx

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
program=$("$repository/tools/flash" --build-only --arch armhf ${assume_yes:+--yes}) || status=$?
case $status in
0) ;;
2) say "skipped: the program for armhf can't be built here; why is said above" && exit 77 ;;
*) exit "$status" ;;
esac
cargo build --release --quiet --manifest-path "$repository/Cargo.toml" --workspace --bins
target=$(target_folder)
run=$target-armv7/qemu-run
"$run" "$program" selftest --model "$model"
"$target/release/needledrop" synth --out "$work/music" --clips-per-genre 1 --seconds 8 --seed 2 >/dev/null
clips=("$work"/music/*/*.wav)
"$run" "$program" replay --format jsonl --model "$model" "${clips[@]}" >"$work/there"
"$target/release/needledrop-device" replay --format jsonl --model "$model" "${clips[@]}" >"$work/here"
# The two builds may be of two commits, which the first record names.
sed -i 's/"firmware":"[^"]*",//' "$work/there" "$work/here"
records=$(wc -l <"$work/here")
differing=$(diff "$work/here" "$work/there" | grep -c '^>' || true)
say "armhf: ${#clips[@]} clips, $records records, $differing differ"
# A logit on the edge between two steps may fall on either side; more than that is a fault.
[ "$records" -gt 0 ] && [ $((differing * 50)) -le "$records" ] && [ "$(wc -l <"$work/there")" -eq "$records" ]

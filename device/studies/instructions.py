#!/usr/bin/env python3
"""What a second of sound costs the board's program, in aarch64 instructions: frontend, network, decision and records.

    tools/flash --build-only
    device/studies/instructions.py --runner target-aarch64/qemu-run --models models compact crnn

Two recordings of noise go through `needledrop-device replay` under qemu, which logs each block of instructions once as it is
translated and by its address whenever it runs; the second recording is longer by whole hops of the model, and the difference is
theirs. Loading the model is in both and cancels. tract takes the kernels of `--core`. Python's standard library and awk are enough.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

INPUT_HZ = 44_100
# Sound before the first window is complete, and what the resampler holds back.
SPARE_SECONDS = 0.5
# The longer recording is longer by at least as much.
LEAST_SECONDS = 1.4
# Sums, over all blocks that ran, what they hold. A block's listing ends with its first run.
COUNT = """
/^IN:/ { length_of_listed = 0; next }
/^0x/ { length_of_listed++; next }
/^Trace/ {
    split($4, place, "/")
    if (length_of_listed > 0) { length_of[place[2]] = length_of_listed; length_of_listed = 0 }
    total += length_of[place[2]]
}
END { printf "%d", total }
"""


def recording(path, seconds):
    noise = random.Random(1).randbytes(2 * int(seconds * INPUT_HZ))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(INPUT_HZ)
        file.writeframes(noise)


def instructions(options, model, path):
    command = [options.runner, "-d", "in_asm,exec,nochain", "-D", "/dev/stderr", options.device, "replay"]
    environment = dict(os.environ, QEMU_SET_ENV=f"TRACT_CPU_AARCH64_KIND={options.core}")
    replay = subprocess.Popen(
        [*command, "--model", model, path], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    total = subprocess.run(["awk", COUNT], stdin=replay.stderr, stdout=subprocess.PIPE, text=True, check=True).stdout
    records = replay.stdout.read().count(b"NDTAG")
    if replay.wait() != 0:
        raise SystemExit(f"{' '.join(map(str, command))} --model {model} {path}: exit {replay.returncode}")
    return int(total), records


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", type=Path, required=True, help="qemu-run, beside the cross-built programs")
    parser.add_argument("--models", type=Path, required=True, help="folder of exported models")
    parser.add_argument("--core", default="a53", help="what tract takes the processor for")
    parser.add_argument("name", nargs="+")
    options = parser.parse_args()
    options.device = options.runner.parent / "aarch64-unknown-linux-gnu/board/needledrop-device"
    print("| model | multiply-adds a second | instructions a second | instructions a multiply-add |\n|---|---|---|---|")
    for name in options.name:
        model = options.models / name / "model.onnx"
        bench = subprocess.run(
            [options.runner, options.device, "bench", "--model", model, "--json"], stdout=subprocess.PIPE, check=True
        )
        bench = json.loads(bench.stdout)
        hops = 1
        while hops * bench["hop_s"] < LEAST_SECONDS:
            hops += 1
        short = bench["window_s"] + SPARE_SECONDS
        with tempfile.TemporaryDirectory() as folder:
            counts = []
            for seconds in (short, short + hops * bench["hop_s"]):
                path = Path(folder) / f"{seconds}.wav"
                recording(path, seconds)
                counts.append(instructions(options, model, path))
        (before, fewer), (after, more) = counts
        if more - fewer != hops:
            print(f"{name}: {more - fewer} records for {hops} hops", file=sys.stderr)
        per_second = (after - before) / (hops * bench["hop_s"])
        adds = bench["net_multiply_adds"] / bench["hop_s"]
        print(f"| {name} | {adds / 1e6:.2f} M | {per_second / 1e6:.1f} M | {per_second / adds:.2f} |", flush=True)


if __name__ == "__main__":
    main()

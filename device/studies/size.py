#!/usr/bin/env python3
"""Built programs for the board side by side: size, and what start and a second of sound cost in aarch64 instructions.

    apt-get install qemu-user
    device/studies/size.py --runner target-aarch64/qemu-run --model models/demo/model.onnx \\
        target-aarch64/aarch64-unknown-linux-gnu/release/needledrop-device target-aarch64/aarch64-unknown-linux-gnu/board/needledrop-device

A recording of noise, one window and a little more, goes through `needledrop-device replay`: from the start of the program,
dynamic linking included, to its first record is one figure. A recording longer by whole hops gives the other, a second of
sound. qemu-user counts with the plugin count.c, which the C compiler here makes; tract takes the kernels of `--core`.
Sizes are of stripped copies. Python's standard library is enough.
"""

import argparse
import json
import os
import random
import subprocess
import tempfile
import wave
from pathlib import Path

INPUT_HZ = 44_100
# Sound before the first window is complete, and what the resampler holds back.
SPARE_SECONDS = 0.5
# The longer recording is longer by at least as much.
LEAST_SECONDS = 2.8


def recording(path, seconds):
    noise = random.Random(1).randbytes(2 * int(seconds * INPUT_HZ))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(INPUT_HZ)
        file.writeframes(noise)


class Counter:
    """Runs programs as `qemu-run` does, but counts."""

    def __init__(self, options, folder):
        plugin, self.log = folder / "count.so", folder / "count.log"
        source = Path(__file__).with_name("count.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", plugin, source], check=True)
        counting = f"{options.qemu} -plugin {plugin} -d plugin -D {self.log}"
        self.script = options.runner.read_text().replace("qemu-aarch64-static", counting)
        self.environment = dict(os.environ, QEMU_SET_ENV=f"TRACT_CPU_AARCH64_KIND={options.core}")

    def run(self, program, *arguments):
        command = ["sh", "-c", self.script, "sh", program, *arguments]
        subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        total, _, last = map(int, self.log.read_text().split()[-3:])
        return total, last


def hops(bench):
    count = 1
    while count * bench["hop_s"] < LEAST_SECONDS:
        count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runner", type=Path, required=True, help="qemu-run, beside the cross-built programs")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--qemu", default="qemu-aarch64", help="a qemu-user that takes plugins; the static one does not")
    parser.add_argument("--strip", default="aarch64-linux-gnu-strip")
    parser.add_argument("--core", default="a53", help="what tract takes the processor for")
    parser.add_argument("program", type=Path, nargs="+")
    options = parser.parse_args()
    print("| program | bytes, stripped | instructions to the first record | instructions a second of sound |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        counter = Counter(options, folder)
        for program in options.program:
            stripped = folder / "stripped"
            subprocess.run([options.strip, "-o", stripped, program], check=True)
            bench = subprocess.run(
                [options.runner, program, "bench", "--model", options.model, "--json"], stdout=subprocess.PIPE, check=True
            )
            bench = json.loads(bench.stdout)
            counts = []
            for more in (0, hops(bench)):
                path = folder / f"{more}.wav"
                recording(path, bench["window_s"] + SPARE_SECONDS + more * bench["hop_s"])
                counts.append(counter.run(program, "replay", "--model", options.model, path))
            (short, first_record), (long, _) = counts
            a_second = (long - short) / (hops(bench) * bench["hop_s"])
            size = stripped.stat().st_size
            print(f"| {program} | {size:,} | {first_record / 1e6:.1f} M | {a_second / 1e6:.2f} M |", flush=True)


if __name__ == "__main__":
    main()

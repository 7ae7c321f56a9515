"""What the frontend costs, counted: instructions of the example `frames` under callgrind."""

import re
import subprocess


def instructions(frames: str, **flags: int) -> float:
    """x86-64 instructions a frame of the integer frontend, by the difference of two runs.

    `flags` are those of the example: `rate_hz=8000` is `--rate-hz 8000`. With `input_hz` the resampler is counted too.
    """
    geometry = [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", frames, *geometry]
    counts = []
    for number in (20, 70):
        run = subprocess.run([*command, "--frames", str(number)], capture_output=True, text=True, check=True)
        counts.append(int(re.search(r"Collected : (\d+)", run.stderr)[1]))
    return (counts[1] - counts[0]) / 50

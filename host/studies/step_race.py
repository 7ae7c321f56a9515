#!/usr/bin/env python3
"""A training step of needledrop against one of PyTorch: same network, batch, window and optimizer (AdamW), in turns.

    pip install torch numpy
    cargo build --release --workspace --examples
    host/studies/step_race.py [--nets compact,crnn] [--batch 32] [--rounds 7] [--steps 4] [--threads 2]

A step is forward, loss, its value read, backward, optimizer, on a batch that lies in memory. Rounds alternate: some steps
of ours (`host/training/examples/train_step.rs` as a process that waits between rounds), as many of PyTorch's in either memory
format. Prints medians over all steps with their quartiles, PyTorch's in its faster format, and the ratio's median over the rounds, which
what else goes on on the machine disturbs least; and seconds of processor time a step.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from torch_nets import SIZES, build, parameters

ROOT = Path(__file__).resolve().parents[2]
CLASSES = 10
# Preset `best`.
RATE, DECAY = 3e-3, 0.02
# Lets the other side's threads go to sleep.
PAUSE_SECONDS = 0.25


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Ours:
    def __init__(self, program, name, batch, threads):
        command = [program, name, str(batch), *map(str, SIZES[name]), str(CLASSES)]
        environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, text=True, env=environment, **pipes)
        self.processor = 0.0

    def steps(self, count):
        before = processor_seconds(self.process.pid)
        print(count, file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        self.processor += processor_seconds(self.process.pid) - before
        self.parameters = answer["parameters"]
        return answer["seconds"]


class Theirs:
    def __init__(self, name, batch, layout):
        self.net = build(name, CLASSES).to(memory_format=layout)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=DECAY)
        self.x = torch.rand(batch, *SIZES[name]) * 3.4 - 1.7
        self.y = torch.arange(batch) % CLASSES
        self.processor = 0.0

    def steps(self, count):
        def used():
            now = resource.getrusage(resource.RUSAGE_SELF)
            return now.ru_utime + now.ru_stime

        seconds, before = [], used()
        for _ in range(count):
            began = time.perf_counter()
            loss = F.cross_entropy(self.net(self.x), self.y)
            loss.item()
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            seconds.append(time.perf_counter() - began)
        self.processor += used() - before
        return seconds


def race(name, options):
    sides = {
        "needledrop": Ours(options.program, name, options.batch, options.threads),
        "torch": Theirs(name, options.batch, torch.contiguous_format),
        "torch, channels last": Theirs(name, options.batch, torch.channels_last),
    }
    theirs = parameters(sides["torch"].net)
    rounds = {side: [] for side in sides}
    for side in sides.values():
        side.steps(2)
        side.processor = 0.0
    assert sides["needledrop"].parameters == theirs, f"{name}: {theirs} parameters in PyTorch"
    for _ in range(options.rounds):
        for label, side in sides.items():
            time.sleep(PAUSE_SECONDS)
            rounds[label].append(side.steps(options.steps))
    sides["needledrop"].process.stdin.close()
    sides["needledrop"].process.wait()
    rows = {}
    for label, times in rounds.items():
        steps = sorted(1e3 * step for round in times for step in round)
        rows[label] = {
            "median_ms": statistics.median(steps),
            "quartiles_ms": statistics.quantiles(steps, n=4)[::2],
            "least_ms": steps[0],
            "processor_ms": 1e3 * sides[label].processor / len(steps),
        }
    fastest = min(("torch", "torch, channels last"), key=lambda label: rows[label]["median_ms"])
    ratios = [
        statistics.median(ours) / statistics.median(other)
        for ours, other in zip(rounds["needledrop"], rounds[fastest])
    ]
    return {"net": name, "batch": options.batch, "rows": rows, "fastest": fastest, "ratio": statistics.median(ratios)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", default="compact,crnn")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--program", default=target / "release/examples/train_step")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(options.threads)
    for name in options.nets.split(","):
        result = race(name, options)
        if options.json:
            print(json.dumps(result), flush=True)
            continue
        print(f"{name}, batch {options.batch}, {options.threads} threads, torch {torch.__version__}")
        for label, row in result["rows"].items():
            low, high = row["quartiles_ms"]
            print(
                f"  {label:<22} {row['median_ms']:8.1f} ms a step ({low:.1f} to {high:.1f}, least {row['least_ms']:.1f}), "
                f"processor {row['processor_ms']:.1f} ms"
            )
        print(f"  needledrop / {result['fastest']}: {result['ratio']:.2f}", flush=True)


if __name__ == "__main__":
    main()

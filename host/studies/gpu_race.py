#!/usr/bin/env python3
"""Training throughput of every network on one device, beside PyTorch on the same device, network and batch, in turns.

    pip install torch numpy
    cargo build --release --workspace --features needledrop-host/cuda --bins --examples
    host/studies/gpu_race.py --device cuda [--nets compact,crnn] [--batch 32,256] [--rounds 5] [--steps 20]

`--device cpu` runs the same race on the processor, `--device wgpu` ours through wgpu beside PyTorch on CUDA, or on the processor
where there is none. A step is the whole of it: the batch goes to the device, forward, loss, backward, optimizer (AdamW), and the device has
finished. Both sides warm up first (kernels are compiled and tuned then); rounds alternate; medians over rounds are printed.
A network that fails on a side is reported and the race goes on.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from torch_nets import NETS, SIZES, build

ROOT = Path(__file__).resolve().parents[2]
CLASSES = 10
# Preset `best`.
RATE, DECAY = 3e-3, 0.02


class Ours:
    """host/training/examples/train_step.rs, which waits between rounds."""

    def __init__(self, program, name, batch, device):
        command = [str(program), name, str(batch), *map(str, SIZES[name]), str(CLASSES), device]
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def steps(self, count):
        try:
            print(count, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline()
        if not answer:
            said = self.process.stderr.read().strip().splitlines()
            raise RuntimeError(said[-1] if said else f"exit code {self.process.wait()}")
        return sum(json.loads(answer)["seconds"])

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait()


class Theirs:
    def __init__(self, name, batch, device):
        self.device = device
        self.net = build(name, CLASSES).to(device)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=RATE, weight_decay=DECAY)
        self.x = torch.rand(batch, *SIZES[name]) * 3.4 - 1.7
        self.y = torch.arange(batch) % CLASSES

    def steps(self, count):
        began = time.perf_counter()
        for _ in range(count):
            loss = F.cross_entropy(self.net(self.x.to(self.device)), self.y.to(self.device))
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            loss.item()
            if self.device == "cuda":
                torch.cuda.synchronize()
        return time.perf_counter() - began

    def end(self):
        pass


def attempt(label, work):
    """What `work` gives, or none and a line that says why not."""
    try:
        return work()
    except (RuntimeError, OSError) as error:
        print(f"  {label}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
        return None


def race(name, batch, options, their_device):
    makers = {
        "needledrop": lambda: Ours(options.program, name, batch, options.device),
        "torch": lambda: Theirs(name, batch, their_device),
    }
    sides, rounds = {}, {label: [] for label in makers}
    for label, make in makers.items():
        side = attempt(f"{label}, {name}, batch {batch}", make)
        if side and attempt(f"{label}, {name}, batch {batch}", lambda: side.steps(options.warm_up)):
            sides[label] = side
    for _ in range(options.rounds):
        for label, side in list(sides.items()):
            seconds = attempt(f"{label}, {name}, batch {batch}", lambda: side.steps(options.steps))
            if seconds is None:
                del sides[label]
            else:
                rounds[label].append(options.steps / seconds)
    for side in sides.values():
        side.end()
    return {label: statistics.median(rates) if label in sides else None for label, rates in rounds.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cpu", "ndarray", "cuda", "wgpu"])
    parser.add_argument("--nets", default=",".join(NETS))
    parser.add_argument("--batch", default="32,256", help="sizes, separated by commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="steps a round")
    parser.add_argument("--warm-up", type=int, default=20, help="steps before the first round")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--program", default=target / "release/examples/train_step")
    options = parser.parse_args()
    torch.manual_seed(1)
    on_gpu = options.device in ("cuda", "wgpu") and torch.cuda.is_available()
    their_device = "cuda" if on_gpu else "cpu"
    card = torch.cuda.get_device_name(0) if on_gpu else f"{torch.get_num_threads()} threads"
    print(f"needledrop on {options.device}; torch {torch.__version__} on {their_device} ({card})\n")
    print("| network | batch | needledrop, windows/s | PyTorch, windows/s | needledrop / PyTorch |")
    print("|---|---|---|---|---|", flush=True)
    for name in options.nets.split(","):
        for batch in map(int, options.batch.split(",")):
            rates = race(name, batch, options, their_device)
            ours, theirs = (rates[label] and rates[label] * batch for label in ("needledrop", "torch"))
            shown = [f"{rate:,.0f}" if rate else "failed" for rate in (ours, theirs)]
            ratio = f"{ours / theirs:.2f}" if ours and theirs else ""
            print(f"| `{name}` | {batch} | {shown[0]} | {shown[1]} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()

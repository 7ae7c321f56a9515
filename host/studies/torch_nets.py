#!/usr/bin/env python3
"""needledrop's networks in PyTorch, layer for layer, for races and comparisons.

    pip install torch numpy
    cargo build --release --workspace --bins
    host/studies/torch_nets.py [--needledrop target/release/needledrop]

holds the parameters of each against what `needledrop models --json` says. `build(name, classes)` makes one; all take
normalised windows [batch, frames, bands] and give logits [batch, classes]. `SIZES` are the windows they are listed with,
`DROPOUT` what preset `best` drops. A network of another window: `build(name, classes, frames=336, bands=218)`.
"""

import argparse
import json
import math
import subprocess

import torch
from torch import nn
from torch.nn import functional as F
from torch_mobilenet import MobileNetV2

# Rows and values of a row.
SIZES = {
    "compact": (128, 128),
    "compact-causal": (128, 128),
    "raw-cnn": (10_000, 1),
    "crnn": (640, 128),
    "parallel-cnn-rnn": (640, 128),
    "mil": (216, 40),
    "mobilenetv2": (128, 128),
}
DROPOUT = {"compact": 0.2, "compact-causal": 0.2, "raw-cnn": 0.5, "crnn": 0.4, "parallel-cnn-rnn": 0.3, "mil": 0.1, "mobilenetv2": 0.2}


class Separable(nn.Module):
    """Depthwise, norm, ReLU, pointwise, norm, ReLU; the input is added where shapes agree."""

    def __init__(self, channels, out, stride, causal):
        super().__init__()
        self.padding = padding(3, stride, 3, stride, causal)
        self.depthwise = nn.Conv2d(channels, channels, 3, stride, groups=channels, bias=False)
        self.depthwise_norm = nn.BatchNorm2d(channels)
        self.pointwise = nn.Conv2d(channels, out, 1, bias=False)
        self.pointwise_norm = nn.BatchNorm2d(out)
        self.residual = channels == out and stride == 1
        if not causal:
            self.depthwise.padding, self.padding = (1, 1), None

    def forward(self, x):
        y = x if self.padding is None else F.pad(x, self.padding)
        y = F.relu(self.depthwise_norm(self.depthwise(y)))
        y = F.relu(self.pointwise_norm(self.pointwise(y)))
        return x + y if self.residual else y


def padding(rows, row_stride, columns, column_stride, causal):
    """Left, right, above, below: a causal kernel sees no row behind those that its stride covers."""
    side = columns // 2
    return (side, side, rows - row_stride, 0) if causal else (side, side, rows // 2, rows // 2)


class Compact(nn.Module):
    BLOCKS = [(32, 1), (64, 2), (64, 1), (96, 2), (96, 1), (160, 2), (160, 1)]

    def __init__(self, classes, frames, bands, dropout, causal=False):
        super().__init__()
        stride = [4 if size >= 96 else 2 if size >= 48 else 1 for size in (frames, bands)]
        self.padding = padding(5, stride[0], 5, stride[1], causal)
        self.stem = nn.Conv2d(1, 32, 5, stride, bias=False)
        self.stem_norm = nn.BatchNorm2d(32)
        blocks, channels = [], 32
        columns = (bands + 4 - 5) // stride[1] + 1
        for out, step in self.BLOCKS:
            blocks.append(Separable(channels, out, step, causal))
            channels, columns = out, (columns + 2 - 3) // step + 1
        self.blocks = nn.Sequential(*blocks)
        self.collapse = nn.Conv2d(channels, channels, (1, columns), groups=channels, bias=False)
        self.collapse_norm = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.stem_norm(self.stem(F.pad(x.unsqueeze(1), self.padding))))
        x = F.relu(self.collapse_norm(self.collapse(self.blocks(x))))
        return self.head(self.dropout(x.mean((2, 3))))


class CompactCausal(Compact):
    def __init__(self, classes, frames, bands, dropout):
        super().__init__(classes, frames, bands, dropout, causal=True)


class RawCnn(nn.Module):
    def __init__(self, classes, frames, bands, dropout):
        super().__init__()
        self.first, self.second = nn.Conv1d(1, 128, 3), nn.Conv1d(128, 64, 3)
        left = ((frames - 2) // 2 - 2) // 2
        drop = nn.Dropout(dropout)
        self.dense = nn.Sequential(
            nn.Linear(64 * left, 100), nn.ReLU(), drop, nn.Linear(100, 20), nn.ReLU(), drop, nn.Linear(20, classes)
        )

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.first(x.transpose(1, 2))), 2)
        x = F.max_pool1d(F.relu(self.second(x)), 2)
        return self.dense(x.flatten(1))


class Crnn(nn.Module):
    def __init__(self, classes, frames, bands, dropout):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv1d(bands if i == 0 else 56, 56, 5, padding=2) for i in range(3))
        self.norms = nn.ModuleList(nn.BatchNorm1d(56) for _ in range(3))
        self.lstm = nn.LSTM(56, 96, batch_first=True)
        self.dense, self.head = nn.Linear(96, 64), nn.Linear(64, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = x.transpose(1, 2)
        for convolution, norm in zip(self.convolutions, self.norms):
            x = self.dropout(F.max_pool1d(norm(F.relu(convolution(x))), 2))
        x = self.dropout(self.lstm(x.transpose(1, 2))[0][:, -1])
        return self.head(self.dropout(F.relu(self.dense(x))))


class ParallelCnnRnn(nn.Module):
    BLOCKS = [(16, (2, 2)), (32, (2, 2)), (64, (2, 2)), (64, (4, 4)), (64, (4, 4))]

    def __init__(self, classes, frames, bands, dropout):
        super().__init__()
        rows, columns, channels = frames, bands, 1
        convolutions, self.pools = [], []
        for index, (out, pool) in enumerate(self.BLOCKS):
            convolutions.append(nn.Conv2d(channels, out, (3, 1)))
            rows, least = rows - 2, 1 + 2 * (len(self.BLOCKS) - 1 - index)
            self.pools.append((max(min(pool[0], rows // least), 1), min(pool[1], columns)))
            rows, columns, channels = rows // self.pools[-1][0], columns // self.pools[-1][1], out
        self.convolutions = nn.ModuleList(convolutions)
        self.shorten = (min(4, frames), min(2, bands))
        self.gru = nn.GRU(bands // self.shorten[1], 64, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(rows * columns * channels + 128, classes)

    def forward(self, x):
        steps = F.max_pool2d(x.unsqueeze(1), self.shorten).squeeze(1)
        x = x.unsqueeze(1)
        for convolution, pool in zip(self.convolutions, self.pools):
            x = F.max_pool2d(F.relu(convolution(x)), pool)
        last = self.gru(steps)[1].transpose(0, 1).flatten(1)
        return self.head(self.dropout(torch.cat([x.flatten(1), last], 1)))


class Mil(nn.Module):
    """The window net: a bag of one."""

    CEPSTRA = 13

    def __init__(self, classes, frames, bands, dropout):
        super().__init__()
        n, k = torch.arange(bands) + 0.5, torch.arange(self.CEPSTRA)
        dct = torch.cos(math.pi / bands * n[:, None] * k) * math.sqrt(2 / bands)
        dct[:, 0] /= math.sqrt(2)
        self.register_buffer("dct", dct)
        self.first, self.second = nn.Conv2d(1, 16, 3), nn.Conv2d(16, 16, 3)
        rows, columns = ((frames - 2) // 3 - 2) // 2, ((self.CEPSTRA - 2) // 2 - 2) // 3
        drop = nn.Dropout(dropout)
        self.dense = nn.Sequential(
            nn.Linear(16 * rows * columns, 32), nn.ReLU(), drop, nn.Linear(32, 32), nn.ReLU(), drop, nn.Linear(32, classes)
        )

    def forward(self, x):
        x = F.max_pool2d(self.first((x @ self.dct).unsqueeze(1)), (3, 2))
        x = F.max_pool2d(F.relu(self.second(x)), (2, 3))
        return self.dense(x.flatten(1))


NETS = {
    "compact": Compact,
    "compact-causal": CompactCausal,
    "raw-cnn": RawCnn,
    "crnn": Crnn,
    "parallel-cnn-rnn": ParallelCnnRnn,
    "mil": Mil,
    "mobilenetv2": MobileNetV2,
}


def build(name, classes, frames=None, bands=None, dropout=None) -> nn.Module:
    """The network, in training mode, with the listed window and preset `best`'s dropout unless told otherwise."""
    size = SIZES[name]
    drop = DROPOUT[name] if dropout is None else dropout
    return NETS[name](classes, frames or size[0], bands or size[1], drop)


def parameters(net: nn.Module) -> int:
    return sum(values.numel() for values in net.parameters())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--needledrop", default="target/release/needledrop")
    listed = subprocess.run([parser.parse_args().needledrop, "models", "--json"], check=True, capture_output=True, text=True)
    ours = {model["name"]: model["parameters"] for model in json.loads(listed.stdout)}
    for name in NETS:
        theirs = build(name, 10)
        assert parameters(theirs) == ours[name], f"{name}: {parameters(theirs)} parameters here, {ours[name]} there"
        assert theirs(torch.zeros(2, *SIZES[name])).shape == (2, 10)
        print(f"{name:<20} {ours[name]:>10} parameters")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""A musicnn run against PyTorch: is the network that was trained the published tagger?

    pip install torch numpy onnx safetensors
    needledrop train --model musicnn --data DIR --run RUN --pretrained FILE
    host/studies/musicnn_reference.py --run RUN --pretrained FILE

The run must have a frozen base (no --finetune). Its parity windows are brought to the reference level of run.json, go
through the layers of the paper in PyTorch with FILE's weights, and the run's last layer, read from model.onnx, follows.
Prints the largest difference from burn's logits; exit code 1 above the parity rule.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch.nn import functional as F

EPSILON = 1e-3
TEMPORAL_FRAMES = 128, 64, 32
LEAST_LEVEL_DB = -70


class Musicnn:
    """The layers, from the file's tensors by their names."""

    def __init__(self, path: pathlib.Path):
        self.weights = {name: value.double() for name, value in load_file(path).items()}

    def norm(self, x, name, axis=1):
        shape = [1] * x.ndim
        shape[axis] = -1
        part = lambda key: self.weights[f"{name}.{key}"].view(shape)
        unit = (x - part("running_mean")) / torch.sqrt(part("running_var") + EPSILON)
        return unit * part("weight") + part("bias")

    def over_bands(self, x, name, zeros):
        """[N, 1, frames, bands] to the largest value over bands, [N, channels, frames]."""
        x = F.pad(x, (0, 0, *zeros))
        y = F.conv2d(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])
        return self.norm(y.relu(), f"{name}.norm").amax(3)

    def along_time(self, x, name):
        weight = self.weights[f"{name}.weight"][:, 0].transpose(1, 2)
        return self.norm(F.conv1d(x, weight, self.weights[f"{name}.bias"], padding=3).relu(), f"{name}.norm")

    def embedding(self, db):
        """[N, frames, bands] in dB at the reference level to [N, 200]."""
        x = torch.log10(1 + 10_000 * 10 ** (db / 10)).unsqueeze(1)
        x = self.norm(x, "input_norm")
        front = [self.over_bands(x, f"timbral_{bands}", (3, 3)) for bands in (38, 67)]
        for frames in TEMPORAL_FRAMES:
            front.append(self.over_bands(x, f"temporal_{frames}", ((frames - 1) // 2, frames // 2)))
        front = torch.cat(front, 1)
        first = self.along_time(front, "mid_1")
        second = self.along_time(first, "mid_2") + first
        third = self.along_time(second, "mid_3") + second
        whole = torch.cat([front, first, second, third], 1)
        pooled = torch.stack([whole.amax(2), whole.mean(2)], 2).flatten(1)
        pooled = self.norm(pooled, "pool_norm")
        y = F.linear(pooled, self.weights["dense.weight"], self.weights["dense.bias"]).relu()
        return self.norm(y, "dense_norm")


def at_level(x: np.ndarray, reference_db: float) -> torch.Tensor:
    """int16 [N, frames, bands] in Q8.8 dB to dB with that mean power."""
    db = torch.from_numpy(x.astype(np.float64) / 256)
    level = 10 * torch.log10((10 ** (db / 10)).mean((1, 2), keepdim=True))
    return db + reference_db - level.clamp(min=LEAST_LEVEL_DB)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--pretrained", type=pathlib.Path, required=True)
    args = parser.parse_args()

    rule, reference_db = json.loads((args.run / "run.json").read_text())["norm"].split(":")
    assert rule == "level", rule
    graph = onnx.load(args.run / "model.onnx").graph
    head = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer if weight.name.startswith("logits.")}
    expected = np.load(args.run / "parity_logits.npy")
    with torch.no_grad():
        embedding = Musicnn(args.pretrained).embedding(at_level(np.load(args.run / "parity_x.npy"), float(reference_db)))
    actual = embedding.numpy() @ head["logits.weight"] + head["logits.bias"]
    difference = np.abs(actual - expected).max()
    allowed = 1e-4 * max(1, np.abs(expected).max())
    print(f"{len(expected)} windows, embedding {embedding.mean():.3f} +- {embedding.std():.3f}: logits differ by {difference:.1e}, allowed {allowed:.1e}")
    sys.exit(int(difference > allowed))


if __name__ == "__main__":
    main()

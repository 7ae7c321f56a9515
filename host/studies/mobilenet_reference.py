#!/usr/bin/env python3
"""A mobilenetv2 run against PyTorch: is the network that was trained the one that torchvision calls mobilenet_v2?

    pip install torch numpy onnx safetensors
    needledrop train --model mobilenetv2 --data DIR --run RUN --pretrained FILE --pretrained-padding same|symmetric
    host/studies/mobilenet_reference.py --run RUN --pretrained FILE --padding same|symmetric

The run must have a frozen base (no --finetune). Its parity windows are made into pictures by torch's own resizing, three
equal channels go through a network that has torchvision's names and is loaded strictly from FILE, and the run's last
layer, read from model.onnx, follows. Prints the largest difference from burn's logits; exit code 1 above the parity rule.
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch.nn import functional as F

from torch_mobilenet import MobileNetV2


def picture(x: np.ndarray) -> torch.Tensor:
    """int16 [N, frames, bands] in Q8.8 dB to [N, 3, 224, 224]."""
    db = torch.from_numpy(x.astype(np.float64) / 256)
    centred = db - db.mean((1, 2), keepdim=True)
    z = centred / centred.square().mean((1, 2), keepdim=True).sqrt().clamp_min(1)
    upwards = z.transpose(1, 2).flip(1).unsqueeze(1).float()
    resized = F.interpolate(upwards, (224, 224), mode="bilinear", antialias=True, align_corners=False)
    return (MobileNetV2.CONTRAST * resized).clamp(-1, 1).expand(-1, 3, -1, -1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=pathlib.Path, required=True)
    parser.add_argument("--pretrained", type=pathlib.Path, required=True)
    parser.add_argument("--padding", choices=["same", "symmetric"], required=True)
    args = parser.parse_args()

    net = MobileNetV2(1000, 224, 224, 0.0, channels=3, same=args.padding == "same").eval()
    weights = {key: value.float() for key, value in load_file(args.pretrained).items()}
    missing, unexpected = net.load_state_dict(weights, strict=False)
    missing = [key for key in missing if "num_batches_tracked" not in key and "classifier" not in key]
    assert not missing and not unexpected, f"missing {missing}, unexpected {unexpected}"

    graph = onnx.load(args.run / "model.onnx").graph
    head = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer if weight.name.startswith("logits.")}
    expected = np.load(args.run / "parity_logits.npy")
    with torch.no_grad():
        features = net.features(picture(np.load(args.run / "parity_x.npy"))).mean((2, 3)).numpy()
    actual = features @ head["logits.weight"] + head["logits.bias"]
    difference = np.abs(actual - expected).max()
    allowed = 1e-4 * max(1, np.abs(expected).max())
    print(f"{len(expected)} windows, features {features.mean():.3f} +- {features.std():.3f}: logits differ by {difference:.1e}, allowed {allowed:.1e}")
    sys.exit(int(difference > allowed))


if __name__ == "__main__":
    main()

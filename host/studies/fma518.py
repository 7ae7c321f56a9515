#!/usr/bin/env python3
"""How closely kind fma518 agrees with librosa on your own music, and which of the two is faster.

    python3 -m venv venv && venv/bin/pip install librosa==0.11.0 scipy==1.17.1
    cargo build --release -p needledrop-host
    venv/bin/python host/studies/fma518.py MUSIC [--bin target/release/needledrop]

Prepares MUSIC (a folder per genre) with --kinds pcm,fma518 into a temporary folder and hands librosa the stored PCM, so
that both see the same samples. Prints by feature the largest difference of any value as a share of that column's
deviation over the clips, and how many values miss by more than a hundredth of it. Time: one thread each, median over the clips;
ours is `needledrop prepare` with the kinds pcm,fma518 less the same with pcm alone.
"""

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fma518"))
import make  # noqa: E402


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data: bytes):
    """Length-delimited fields of a protobuf message: number, content."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        length, at = varint(data, at)
        if key & 7 == 2:
            yield key >> 3, data[at : at + length]
            at += length


def records(folder: Path, kind: str) -> dict[str, bytes]:
    """`x` of every clip of a kind."""
    found = {}
    for shard in sorted(folder.glob(f"{kind}-*.tfrecord")):
        data, at = shard.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            features = {}
            for _, entries in fields(data[at + 12 : at + 12 + length]):
                for _, entry in fields(entries):
                    name, feature = (content for _, content in fields(entry))
                    for _, values in fields(feature):
                        features[name.decode()] = next((content for _, content in fields(values)), b"")
            found[features["clip"].decode()] = features["x"]
            at += length + 16
    return found


def prepare(binary: str, music: str, out: Path, kinds: str) -> float:
    started = time.perf_counter()
    command = [binary, "prepare", "--data", music, "--out", str(out), "--kinds", kinds, "--jobs", "1"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("music")
    parser.add_argument("--bin", default="target/release/needledrop")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as place:
        sets = Path(place)
        with_features = prepare(options.bin, options.music, sets / "both", "pcm,fma518")
        without = prepare(options.bin, options.music, sets / "pcm", "pcm")
        pcm, ours = records(sets / "both", "pcm"), records(sets / "both", "fma518")
    names = sorted(pcm)
    theirs, seconds = [], []
    make.vector(np.zeros(make.RATE))  # compiles what librosa compiles at its first call
    for name in names:
        y = np.frombuffer(pcm[name], "<i2").astype(np.float64) / 32768
        started = time.perf_counter()
        theirs.append(make.vector(y))
        seconds.append(time.perf_counter() - started)
    ours = np.array([np.frombuffer(ours[name], "<f4") for name in names], np.float64)
    theirs = np.array(theirs)
    undefined = np.isnan(theirs)
    share = np.where(undefined, 0, np.abs(ours - theirs)) / np.maximum(np.nanstd(theirs, axis=0), 1e-12)
    print(f"{len(names)} clips, {undefined.sum()} values that scipy leaves undefined")
    print(f"{'feature':20} {'median':>9} {'99.9 %':>9} {'largest':>9}  values beyond 0.01, clips with one")
    at = 0
    for feature, rows in zip(make.FEATURES, (12, 12, 12, 20, 1, 1, 1, 7, 1, 6, 1)):
        part = share[:, at : at + 7 * rows]
        at += 7 * rows
        beyond = part > 0.01
        print(f"{feature:20} {np.median(part):9.1e} {np.quantile(part, 0.999):9.1e} {part.max():9.1e}"
              f"  {beyond.sum()} of {part.size}, {beyond.any(axis=1).sum()}")  # fmt: skip
    print(json.dumps({
        "ours_ms_per_clip": round(1e3 * (with_features - without) / len(names), 1),
        "librosa_ms_per_clip_median": round(1e3 * float(np.median(seconds)), 1),
    }))  # fmt: skip


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Races our support vector machine against scikit-learn's SVC: same data, same C and gamma, in turns.

    pip install numpy scikit-learn
    cargo build --release --workspace --examples
    host/studies/svm_race.py [--windows 3200] [--features 518] [--classes 8] [--rounds 3] [--linfa]

The data are made here: classes with centres and many shared directions, as correlated as audio statistics are. Times
are medians over the rounds; both programs get one thread (and ours all of them in another row).
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

# Before numpy starts its threads.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

ROOT = Path(__file__).resolve().parents[2]


def data(windows, features, classes):
    random = np.random.default_rng(5)
    centres = random.normal(0, 0.28, (classes, features))
    shared = random.normal(0, 0.35, (40, features))

    def draw(count):
        labels = np.arange(count) % classes
        x = centres[labels] + random.normal(0, 1, (count, 40)) @ shared
        return x + random.normal(0, 0.8, x.shape), labels

    (x, y), (test_x, test_y) = draw(windows), draw(windows // 2)
    mean, deviation = x.mean(0), x.std(0)
    return (x - mean) / deviation, y, (test_x - mean) / deviation, test_y


def timed(model, x, y, test_x, test_y):
    began = time.perf_counter()
    model.fit(x, y)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    accuracy = float((model.predict(test_x) == test_y).mean())
    return {"fit_seconds": seconds, "decide_seconds": time.perf_counter() - began, "accuracy": accuracy}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=3200)
    parser.add_argument("--features", type=int, default=518)
    parser.add_argument("--classes", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--linfa", action="store_true", help="also linfa-svm, one class against the rest, once")
    options = parser.parse_args()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release/examples/svm_race"
    x, y, test_x, test_y = data(options.windows, options.features, options.classes)
    cost, gamma = 10.0, 0.5 / options.features

    results = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, array in [("x", x), ("y", y.astype("<i8")), ("tx", test_x), ("ty", test_y.astype("<i8"))]:
            paths.append(f"{folder}/{name}.npy")
            np.save(paths[-1], array)

        def ours(threads, *more):
            command = [program, *paths, str(cost), str(gamma), *more]
            environment = dict(os.environ, **({"RAYON_NUM_THREADS": str(threads)} if threads else {}))
            return json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)

        for round in range(options.rounds):
            rows = {
                "scikit-learn SVC, one against one": timed(SVC(C=cost, gamma=gamma, cache_size=1000), x, y, test_x, test_y),
                "scikit-learn SVC, one against the rest": timed(
                    OneVsRestClassifier(SVC(C=cost, gamma=gamma, cache_size=1000)), x, y, test_x, test_y
                ),
                "needledrop, one thread": ours(1),
                "needledrop, all threads": ours(0),
            }
            for name, row in rows.items():
                results.setdefault(name, []).append(row)
        print(f"{options.windows} windows of {options.features}, {options.classes} classes, C {cost}, gamma {gamma:.6f}")
        for name, rows in results.items():
            median = {key: statistics.median(row[key] for row in rows) for key in ("fit_seconds", "decide_seconds", "accuracy")}
            print(f"{name:<40} fit {median['fit_seconds']:8.3f} s  decide {median['decide_seconds']:7.3f} s  accuracy {median['accuracy']:.4f}")
        if options.linfa:
            seconds = ours(1, "--linfa")["linfa_seconds_one_class"]
            print(f"{'linfa-svm, one class of ' + str(options.classes):<40} fit {seconds:8.3f} s")


if __name__ == "__main__":
    main()

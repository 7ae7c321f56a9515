#!/usr/bin/env python3
"""Trains models on imported sets with several seeds and prints what they reach on the validation split, as a table.

    cargo build --release --workspace --bins
    host/studies/model_table.py --needledrop target/release/needledrop --out runs \
        --set images=DIR_WITH_X_LABEL_CLIPS:picture --set mel3s=DIR \
        --model svm --model "compact --preset best" --seeds 1 2 3

A set's folder holds x.npy, label.npy and clips.csv. A model is what follows `train --model`, options included. Runs that are
finished in --out are taken as they are; delete a run's folder to train it again. Python's standard library is enough.
"""

import argparse
import json
import re
import statistics
import subprocess
from pathlib import Path

FIGURES = [("accuracy", 3), ("macro_f1", 3), ("log_loss", 3), ("ece", 3)]
# Classic models whose solution has no randomness: one seed says it all.
WITHOUT_SEED = {"logreg", "knn", "gnb"}


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def imported(needledrop, out, name, source):
    folder, _, picture = source.partition(":")
    data = out / "data" / name
    if not data.exists():
        files = [f"--{key}={Path(folder) / file}" for key, file in
                 [("x", "x.npy"), ("y", "label.npy"), ("clips", "clips.csv")]]
        run(needledrop, "data", "import-npy", *files, "--out", data, *(["--picture"] if picture == "picture" else []))
    return data


def judged(needledrop, out, name, data, model, seed):
    folder = out / name / re.sub(r"[^A-Za-z0-9.]+", "-", model).strip("-") / str(seed)
    if not (folder / "run.json").exists():
        run(needledrop, "train", "--data", data, "--model", *model.split(), "--seed", seed, "--run", folder, "--resume")
    return json.loads(run(needledrop, "evaluate", "--run", folder, "--data", data, "--split", "valid", "--json"))


def cell(values, digits):
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ({statistics.stdev(values):.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--needledrop", type=lambda path: Path(path).resolve(), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", required=True, metavar="NAME=DIR[:picture]")
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    options = parser.parse_args()
    for entry in options.set:
        name, _, source = entry.partition("=")
        data = imported(options.needledrop, options.out, name, source)
        print(f"\n| {name} | n | accuracy | macro-F1 | log-loss | calibration error |\n|---|---|---|---|---|---|", flush=True)
        for model in options.model:
            seeds = options.seeds[:1] if model.split()[0] in WITHOUT_SEED else options.seeds
            reports = [judged(options.needledrop, options.out, name, data, model, seed) for seed in seeds]
            levels = ["clips"]
            # One window a clip makes both levels the same.
            if reports[0]["windows"]["n"] != reports[0]["clips"]["n"]:
                levels.append("windows")
            for level in levels:
                figures = [cell([report[level][key] for report in reports], digits) for key, digits in FIGURES]
                row = [f"`{model}`" if level == "clips" else f"`{model}` by window", str(reports[0][level]["n"]), *figures]
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()

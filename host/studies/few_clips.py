#!/usr/bin/env python3
"""What models reach with a few clips a genre: K clips of each to learn and stop by, the others to judge.

    cargo build --release --workspace --bins && export PATH=$PWD/target/release:$PATH
    host/studies/few_clips.py --manifest MUSIC.csv --pretrained musicnn.safetensors --clips 2,4,6 --draws 5

The manifest has columns path and genre, and may have artist. Each draw takes K clips of every genre at random; of them one
is the validation clip of models that need one, and musicnn learns from all. What is left judges, by clip and by window of
3 s; with --artists no artist is on both sides, where a genre has more than one. Prints a row for each model and K: mean and
deviation over the draws. `musicnn` starts from FILE, with what its frozen layers give kept in --work; the
others need K of 2 or more. Python's standard
library is enough.
"""

import argparse
import csv
import json
import pathlib
import random
import statistics
import subprocess
import sys

MODELS = {"musicnn": "tagger", "svm": "compact", "compact": "compact"}


def draw(clips, count, seed, artists):
    """The split of each clip: a seed decides."""
    dice = random.Random(seed)
    rows = []
    for genre in sorted({clip["genre"] for clip in clips}):
        of_genre = [clip for clip in clips if clip["genre"] == genre]
        dice.shuffle(of_genre)
        learned = of_genre[:count]
        theirs = {clip.get("artist") or clip["path"] for clip in learned} if artists else set()
        others = [clip for clip in of_genre[count:] if (clip.get("artist") or clip["path"]) not in theirs]
        rows += [(clip, "valid" if index == 0 else "train") for index, clip in enumerate(learned)]
        rows += [(clip, "test") for clip in others or of_genre[count:]]
    return rows


def write(path, rows, splits):
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "genre", "split"])
        table.writerows([clip["path"], clip["genre"], splits.get(split, split)] for clip, split in rows)


def needledrop(*arguments):
    done = subprocess.run(["needledrop", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"needledrop {' '.join(map(str, arguments))}: {done.stderr[-500:]}")
    return done.stdout


def score(model, rows, work, options, seed):
    name = f"{model}-{seed}"
    manifest, data, run = (work / f"{name}.{kind}" for kind in ("csv", "data", "run"))
    more = []
    if model == "musicnn":
        # Judged by cross-validation, it needs no validation clip.
        write(manifest, rows, {"valid": "train"})
        more = ["--pretrained", options.pretrained, "--cache", options.work / "frozen"]
    else:
        write(manifest, rows, {})
    needledrop("prepare", "--data", manifest, "--out", data, "--preset", MODELS[model], "--split", "official")
    needledrop("train", "--data", data, "--model", model, "--run", run, "--seed", seed, *more)
    answer = json.loads(needledrop("evaluate", "--run", run, "--data", data, "--split", "test", "--json"))
    return answer["clips"]["accuracy"], answer["windows"]["accuracy"], answer["clips"]["n"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=pathlib.Path, required=True)
    parser.add_argument("--pretrained", type=pathlib.Path, required=True)
    parser.add_argument("--clips", default="2,4,6", help="K, with commas between")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--artists", action="store_true")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("few_clips"), help="folder for data sets and runs")
    options = parser.parse_args()

    options.work.mkdir(parents=True, exist_ok=True)
    clips = list(csv.DictReader(open(options.manifest)))
    for clip in clips:
        clip["path"] = str((options.manifest.parent / clip["path"]).resolve())
    print("| clips a genre | model | by clip | by window | clips judged |\n|---|---|---|---|---|")
    for count in map(int, options.clips.split(",")):
        for model in options.models.split(","):
            scores = []
            for seed in range(1, options.draws + 1):
                work = options.work / f"{count}"
                work.mkdir(exist_ok=True)
                rows = draw(clips, count, seed, options.artists)
                scores.append(score(model, rows, work, options, seed))
            clip, window = ([it[index] for it in scores] for index in (0, 1))
            spread = lambda values: f"{statistics.mean(values):.3f} ({statistics.stdev(values) if len(values) > 1 else 0:.3f})"
            print(f"| {count} | `{model}` | {spread(clip)} | {spread(window)} | {scores[0][2]} |", flush=True)


if __name__ == "__main__":
    main()

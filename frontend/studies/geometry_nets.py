#!/usr/bin/env python3
"""Trained nets on frontend geometries: the table that decides preset `compact`.

    needledrop synth --out tunes --clips-per-genre 36 --seconds 12
    cargo build --release --workspace --bins
    cargo build --release --workspace --example frames --example prepare_geometry
    python3 frontend/studies/geometry_nets.py tunes [FOLDER...] [--programs target/release] [--work DIR]

Each FOLDER holds one folder of sound files for each class, and a manifest.csv where artists are known. Its artists
(without manifest, its clips) are dealt out class by class to three folds. Fold by fold, net `compact` is trained on each
geometry with the fold as test clips, a third of the rest as validation clips, and the fold's number as seed; everything
else is equal. So every clip is tested once, by a net that never heard its artist, and geometries differ in nothing else.

Score: accuracy by window on the test clips, mean of folds and folders. "Behind" is the mean difference to the best
geometry and its standard error over folds and folders, paired.

Cost: millions a second of sound, of x86-64 instructions (frontend and resampler, by callgrind) and of multiply-adds (the
net, a window every half window). A multiply-add counts as one instruction in the sum, which takes the mean of the two rates
of microphones.

Rule: among geometries at most TOLERANCE behind the best, the one that costs least in all.

Trainings take hours; what is done stands in DIR and is not done again.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

from cost import instructions

FOLDS = 3
EPOCHS = 24
TOLERANCE = 0.02
F_MIN_HZ = 40
MICROPHONE_HZ = (44_100, 48_000)
SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}


class Geometry(NamedTuple):
    """What is compared; the highest band ends at Nyquist."""

    rate_hz: int
    n_fft: int
    hop: int
    bands: int

    def json(self) -> str:
        """As `prepare_geometry` takes it."""
        return json.dumps(
            {
                "sample_rate_hz": self.rate_hz,
                "n_fft": self.n_fft,
                "hop_samples": self.hop,
                "mel_bands": self.bands,
                "f_min_hz": F_MIN_HZ,
                "f_max_hz": self.rate_hz / 2,
                "mel_scale": "slaney",
                "mel_norm": "slaney",
                "fft": "fixed",
            }
        )


# The best of geometry.py up to half of `seed`'s cost, and what lies between them.
GEOMETRIES = (
    Geometry(8_000, 1024, 512, 128),
    Geometry(8_000, 1024, 256, 128),
    Geometry(16_000, 1024, 512, 64),
    Geometry(16_000, 1024, 512, 128),
    Geometry(22_050, 512, 512, 128),
    Geometry(22_050, 1024, 512, 128),
)


def clips(folder: Path) -> list[tuple[Path, str, str]]:
    """Path, class and artist of every clip."""
    manifest = folder / "manifest.csv"
    if manifest.exists():
        with manifest.open(newline="") as file:
            return [(folder / row["path"], row["genre"], row["artist"]) for row in csv.DictReader(file)]
    paths = sorted(p for p in folder.glob("*/*") if p.suffix.lower() in SUFFIXES)
    return [(p, p.parent.name, p.name) for p in paths]


def write_manifest(folder: Path, fold: int, path: Path) -> None:
    """All clips with the part they play in a fold."""
    rows = clips(folder)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "genre", "split"])
        for genre in sorted({genre for _, genre, _ in rows}):
            artists = sorted({artist for _, g, artist in rows if g == genre})
            rest = [artist for i, artist in enumerate(artists) if i % FOLDS != fold]
            for clip, g, artist in rows:
                if g == genre:
                    is_test, is_valid = artist not in rest, artist in rest[::3]
                    split = "test" if is_test else "valid" if is_valid else "train"
                    writer.writerow([clip.resolve(), genre, split])


def run(*command: object) -> str:
    """What a program prints on stdout."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stderr}")
    return done.stdout


def trained(programs: Path, work: Path, folder: Path, fold: int, geometry: Geometry) -> dict:
    """Figures of one net."""
    here = work / f"{folder.name}-{fold}-{'-'.join(map(str, geometry))}"
    result = here.with_suffix(".json")
    if not result.exists():
        shutil.rmtree(here, ignore_errors=True)
        here.mkdir(parents=True)
        write_manifest(folder, fold, here / "clips.csv")
        run(programs / "examples/prepare_geometry", here / "clips.csv", here / "data", geometry.json())
        needledrop = programs / "needledrop"
        train = ["train", "--model", "compact", "--data", here / "data", "--run", here / "run"]
        said = run(needledrop, *train, "--epochs", EPOCHS, "--patience", EPOCHS, "--seed", 1 + fold, "--json")
        test = run(needledrop, "evaluate", "--run", here / "run", "--data", here / "data", "--json")
        window = json.loads((here / "run/run.json").read_text())["window"]
        figures = {"train": json.loads(said), "test": json.loads(test), "window": window}
        result.write_text(json.dumps(figures))
        shutil.rmtree(here)
        test = figures["test"]["windows"]["accuracy"]
        print(f"{folder.name}, fold {fold}, {'/'.join(map(str, geometry))}: {test:.3f}", file=sys.stderr)
    return json.loads(result.read_text())


def costs(programs: Path, geometry: Geometry, figures: dict) -> list[float]:
    """Millions a second of sound: frontend, net, resampler from each microphone's rate, all."""
    flags = {"rate_hz": geometry.rate_hz, "n_fft": geometry.n_fft, "hop": geometry.hop, "bands": geometry.bands}
    a_second = geometry.rate_hz / geometry.hop
    frames = str(programs / "examples/frames")
    alone = instructions(frames, **flags, f_min_hz=F_MIN_HZ)
    both = [instructions(frames, **flags, f_min_hz=F_MIN_HZ, input_hz=hz) for hz in MICROPHONE_HZ]
    net = figures["train"]["multiply_adds"] * a_second / figures["window"]["hop"] / 1e6
    frontend = alone * a_second / 1e6
    resampler = [(each - alone) * a_second / 1e6 for each in both]
    return [frontend, net, *resampler, frontend + net + mean(resampler)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--programs", type=Path, default=Path("target/release"))
    parser.add_argument("--work", type=Path, default=Path("target/geometry"))
    arguments = parser.parse_args()
    for folder in arguments.folders:
        if not clips(folder):
            parser.error(f"{folder} holds no folder of sound files")
    # All geometries on one fold before the next: what stands when it is stopped compares like with like.
    figures = {geometry: {} for geometry in GEOMETRIES}
    for fold in range(FOLDS):
        for folder in arguments.folders:
            for geometry in GEOMETRIES:
                net = trained(arguments.programs, arguments.work, folder, fold, geometry)
                figures[geometry][fold, folder] = net

    def accuracies(geometry: Geometry, of: str, folder: Path | None = None) -> list[float]:
        nets = [net for (_, f), net in figures[geometry].items() if folder in (None, f)]
        return [net["test"][of]["accuracy"] for net in nets]

    scores = {geometry: mean(accuracies(geometry, "windows")) for geometry in GEOMETRIES}
    best = max(scores, key=scores.get)
    tests = "".join(f" | {f.name}: window | clip" for f in arguments.folders)
    print(f"| rate, Hz | n_fft | hop | bands | frontend | net | from 44.1 | from 48 kHz | all{tests} | score | behind |")
    print("|---" * (11 + 2 * len(arguments.folders)) + "|")
    kept = {}
    for geometry in GEOMETRIES:
        row = costs(arguments.programs, geometry, next(iter(figures[geometry].values())))
        if scores[best] - scores[geometry] <= TOLERANCE:
            kept[geometry] = row[-1]
        cells = [*map(str, geometry), *(f"{cost:.2f}" for cost in row)]
        for folder in arguments.folders:
            cells += [f"{mean(accuracies(geometry, of, folder)):.3f}" for of in ("windows", "clips")]
        pairs = zip(accuracies(best, "windows"), accuracies(geometry, "windows"))
        behind = [b - a for b, a in pairs]
        error = stdev(behind) / len(behind) ** 0.5
        cells += [f"{scores[geometry]:.3f}", f"{mean(behind):.3f} +- {error:.3f}"]
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\nat most {TOLERANCE} behind and cheapest: {'/'.join(map(str, min(kept, key=kept.get)))}")


if __name__ == "__main__":
    main()

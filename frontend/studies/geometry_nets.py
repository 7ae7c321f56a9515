#!/usr/bin/env python3
"""Trained nets on frontend geometries: the table that decides preset `compact`.

    needledrop synth --out tunes --clips-per-genre 36 --seconds 12
    cargo build --release --workspace --bins
    cargo build --release --workspace --example frames --example prepare_geometry
    python3 frontend/studies/geometry_nets.py tunes [FOLDER...] [--programs target/release] [--work DIR]

Each FOLDER holds one folder of sound files for each class, and a manifest.csv where artists are known. Its artists
(without manifest, its clips) are dealt out class by class to three folds. For the first two, net `compact` is trained on
each geometry with the fold as test clips, a third of the rest as validation clips, and the fold's number as seed;
everything else is equal. After the first fold a geometry is left at that when it is more than HOPELESS behind the best, or
when one that costs less scored as much.

Score: accuracy by window on the test clips, mean of folders and folds. "Behind" is the mean difference to the best
geometry on the same folders and folds, and its standard error over them.

Cost: millions a second of sound, of x86-64 instructions (frontend and resampler, by callgrind) and of multiply-adds (the
net, a window every half window). A multiply-add counts as one instruction in the sum, which takes the mean of the two rates
of microphones.

Rule: among geometries at most TOLERANCE behind the best, the one that costs least in all.

A training takes a minute or two on two cores; what is done stands in DIR and is not done again.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

from cost import instructions

FOLDS = 3
TRAINED_FOLDS = 2
EPOCHS = 24
HOPELESS = 0.05
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


# The best of geometry.py for their cost, up to half of `seed`'s, with neighbours that have other bands or hops.
GEOMETRIES = (
    Geometry(8_000, 1024, 512, 128),
    Geometry(8_000, 1024, 256, 128),
    Geometry(16_000, 1024, 512, 64),
    Geometry(16_000, 1024, 512, 128),
    Geometry(22_050, 512, 512, 64),
    Geometry(22_050, 512, 512, 128),
    Geometry(22_050, 1024, 512, 64),
    Geometry(22_050, 1024, 512, 128),
)
# What was the preset before: trained on all folds whatever it scores.
BEFORE = Geometry(16_000, 1024, 512, 64)


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
    nets = {geometry: {} for geometry in GEOMETRIES}
    for fold in range(TRAINED_FOLDS):
        left = GEOMETRIES if fold == 0 else hopeful(arguments.programs, nets)
        for folder in arguments.folders:
            for geometry in left:
                nets[geometry][fold, folder] = trained(arguments.programs, arguments.work, folder, fold, geometry)
    table(arguments, nets)


def hopeful(programs: Path, nets: dict) -> list[Geometry]:
    """What the first fold leaves, by cost: not far behind, and with no geometry as good that costs less."""
    best, left = leader(nets), []
    for geometry in sorted(nets, key=lambda g: costs(programs, g, next(iter(nets[g].values())))[-1]):
        is_front = all(score(nets[cheaper].values()) < score(nets[geometry].values()) for cheaper in left)
        if geometry == BEFORE or is_front and mean(behind(nets, geometry, best)) <= HOPELESS:
            left.append(geometry)
    return left


def leader(nets: dict) -> Geometry:
    """The geometry of the highest score among those trained most."""
    most = max(map(len, nets.values()))
    scores = {geometry: score(of.values()) for geometry, of in nets.items() if len(of) == most}
    return max(scores, key=scores.get)


def score(nets: Iterable[dict], of: str = "windows") -> float:
    """Mean accuracy."""
    return mean(net["test"][of]["accuracy"] for net in nets)


def behind(nets: dict, geometry: Geometry, best: Geometry) -> list[float]:
    """Differences to the best geometry, on each folder and fold that both have seen."""
    both = [place for place in nets[geometry] if place in nets[best]]
    return [score([nets[best][place]]) - score([nets[geometry][place]]) for place in both]


def table(arguments: argparse.Namespace, nets: dict) -> None:
    """Prints what each geometry costs and keeps, and which the rule takes."""
    best = leader(nets)
    tests = "".join(f" | {f.name}: window | clip" for f in arguments.folders)
    print(f"| rate, Hz | n_fft | hop | bands | frontend | net | from 44.1 | from 48 kHz | all{tests} | folds | behind |")
    print("|---" * (11 + 2 * len(arguments.folders)) + "|")
    kept = {}
    for geometry, of in nets.items():
        row = costs(arguments.programs, geometry, next(iter(of.values())))
        cells = [*map(str, geometry), *(f"{cost:.2f}" for cost in row)]
        for folder in arguments.folders:
            here = [net for (_, f), net in of.items() if f == folder]
            cells += [f"{score(here, by):.3f}" for by in ("windows", "clips")]
        differences = behind(nets, geometry, best)
        error = stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else 0.0
        cells += [str(len(of) // len(arguments.folders)), f"{mean(differences):.3f} +- {error:.3f}"]
        print(f"| {' | '.join(cells)} |", flush=True)
        if mean(differences) <= TOLERANCE:
            kept[geometry] = row[-1]
    print(f"\nat most {TOLERANCE} behind and cheapest: {'/'.join(map(str, min(kept, key=kept.get)))}")


if __name__ == "__main__":
    main()

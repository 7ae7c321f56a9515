#!/usr/bin/env python3
"""Cost and information kept of frontend geometries: the first of the two tables behind preset `compact`.

    python3 -m venv venv && venv/bin/pip install librosa==0.11.0 scikit-learn soxr soundfile
    cargo build --release -p needledrop-frontend --example frames
    venv/bin/python frontend/studies/geometry.py FOLDER [--frames target/release/examples/frames] [--jobs 2]

FOLDER holds one folder of sound files for each class. Every clip is cut into pieces of 6 s; a piece is described by mean
and deviation of each log-mel band over time, as a 32-bit float model of the same geometry gives them (f_min 40 Hz,
Slaney, no centring; what the integer frontend differs by is far below the spread of any class). Two measures:

- accuracy: pieces classified by shrunk linear discriminants, five folds, no clip on both sides of a fold;
- Fisher: trace of the between-class scatter in the space that whitens the within-class scatter (shrunk).

The cost, when `--frames` is given and valgrind is there, is millions of x86-64 instructions a second of sound.
"""

import argparse
import itertools
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import librosa
import numpy as np
import soundfile
import soxr
from cost import instructions
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

RATES_HZ = (8_000, 11_025, 16_000, 22_050)
N_FFT = (512, 1024, 2048)
BANDS = (32, 64, 128)
HOP_SAMPLES = 512
F_MIN_HZ = 40
PIECE_S = 6.0
SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}


def f_maxes_hz(rate_hz: int) -> set[int]:
    """Nyquist; at the highest rate also 8 kHz, which tells a faster hop and a finer grid from a wider band."""
    return {rate_hz // 2, 8_000} if rate_hz == max(RATES_HZ) else {rate_hz // 2}


def filters(rate_hz: int, n_fft: int, bands: int, f_max_hz: int) -> np.ndarray | None:
    """Triangles, or nothing when a band holds no bin."""
    weights = librosa.filters.mel(
        sr=rate_hz, n_fft=n_fft, n_mels=bands, fmin=F_MIN_HZ, fmax=f_max_hz, dtype=np.float32
    )
    return weights if weights.any(axis=1).all() else None


def describe(path: Path) -> dict[tuple[int, int, int, int], np.ndarray]:
    """Statistics of each piece of a clip, for every geometry."""
    sound, file_hz = soundfile.read(path, dtype="float32", always_2d=True)
    sound = sound.mean(axis=1)
    result = {}
    for rate_hz in RATES_HZ:
        if rate_hz > file_hz:
            continue
        clip = sound if rate_hz == file_hz else soxr.resample(sound, file_hz, rate_hz)
        length = int(PIECE_S * rate_hz)
        pieces = [clip[i : i + length] for i in range(0, len(clip) - length + 1, length)]
        for n_fft in N_FFT:
            spectra = [
                np.abs(librosa.stft(p, n_fft=n_fft, hop_length=HOP_SAMPLES, center=False)) ** 2 for p in pieces
            ]
            for bands, f_max_hz in itertools.product(BANDS, f_maxes_hz(rate_hz)):
                weights = filters(rate_hz, n_fft, bands, f_max_hz)
                if weights is None:
                    continue
                levels = [10 * np.log10(np.maximum(weights @ s, 1e-10)) for s in spectra]
                result[rate_hz, n_fft, bands, f_max_hz] = np.array(
                    [np.concatenate([level.mean(axis=1), level.std(axis=1)]) for level in levels]
                )
    return result


def accuracy(x: np.ndarray, y: np.ndarray, clips: np.ndarray) -> float:
    """Part of the pieces classified right."""
    model = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))
    return float(np.mean(cross_val_predict(model, x, y, groups=clips, cv=GroupKFold(5)) == y))


def fisher(x: np.ndarray, y: np.ndarray) -> float:
    """Between-class scatter against within-class scatter, summed over all directions."""
    x = StandardScaler().fit_transform(x)
    means = np.array([x[y == c].mean(axis=0) for c in np.unique(y)])
    within, _ = ledoit_wolf(np.concatenate([x[y == c] - m for c, m in zip(np.unique(y), means)]))
    between = np.cov(means.T, bias=True)
    return float(np.trace(np.linalg.solve(within, between)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", help="the built example `frames`")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    paths = sorted(p for p in arguments.folder.glob("*/*") if p.suffix.lower() in SUFFIXES)
    if not paths:
        parser.error(f"{arguments.folder} holds no folder of sound files")
    with ProcessPoolExecutor(arguments.jobs) as pool:
        described = list(pool.map(describe, paths, chunksize=4))
    classes = sorted({p.parent.name for p in paths})
    print(f"{len(paths)} clips of {len(classes)} classes\n")
    print("| rate, Hz | n_fft | bands | f_max, Hz | Minstr/s | accuracy | Fisher |")
    print("|---|---|---|---|---|---|---|")
    for geometry in sorted(described[0]):
        rate_hz, n_fft, bands, f_max_hz = geometry
        x = np.concatenate([d[geometry] for d in described])
        counts = [len(d[geometry]) for d in described]
        y = np.repeat([classes.index(p.parent.name) for p in paths], counts)
        clips = np.repeat(np.arange(len(paths)), counts)
        cost = "-"
        if arguments.frames:
            per_frame = instructions(
                arguments.frames, rate_hz=rate_hz, n_fft=n_fft, bands=bands, f_min_hz=F_MIN_HZ
            )
            cost = f"{per_frame * rate_hz / HOP_SAMPLES / 1e6:.2f}"
        print(
            f"| {rate_hz} | {n_fft} | {bands} | {f_max_hz} | {cost} "
            f"| {accuracy(x, y, clips):.3f} | {fisher(x, y):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

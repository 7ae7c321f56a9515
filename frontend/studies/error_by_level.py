#!/usr/bin/env python3
"""Draws docs/error_by_level.svg: error against level of this frontend, of f32 and of tflite-micro's microfrontend.

    python3 -m venv venv && venv/bin/pip install librosa==0.11.0 pymicro-features==2.0.2 matplotlib==3.11.2
    cargo build --release -p needledrop-frontend --example peer
    venv/bin/python frontend/studies/error_by_level.py target/release/examples/peer docs/error_by_level.svg

Signals: coloured noise with two tones, three seconds, at peak levels from 0 to -90 dBFS. Each frontend is held against
float64 of its own definition: ours and librosa in float32 against librosa's in float64, the microfrontend (16 kHz, window of
480 samples, 40 channels, noise suppression, PCAN gain, log, as `pymicro-features` fixes them) against the same chain
without rounding. The error is in dB, 20 log10 of amplitude. Cells count that are within 80 dB of the frame's peak and
above -95 dB; of the microfrontend's, which suppresses what is steady, those that are at least one unit of the integer
whose logarithm it puts out: below that it can say nothing.
"""

import subprocess
import sys

import librosa
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from pymicro_features import MicroFrontend

LEVELS_DB = np.arange(0, -91, -10)


def signal(rate_hz: int, level_db: float) -> np.ndarray:
    """Noise that falls by 6 dB an octave, a tone and one 40 dB below, swelling and fading; 16-bit."""
    rng = np.random.default_rng(4)
    n = np.arange(3 * rate_hz)
    noise = np.zeros(len(n))
    state = 0.0
    for i, x in enumerate(rng.standard_normal(len(n))):
        state += 0.1 * (x - state)
        noise[i] = state + 0.05 * x
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 1.7 * n / rate_hz)
    x = swell * (noise + np.sin(2 * np.pi * 523.25 * n / rate_hz) + 0.01 * np.sin(2 * np.pi * 3001 * n / rate_hz))
    return np.round(32767 * 10 ** (level_db / 20) * x / np.abs(x).max()).astype("<i2")


def errors(actual: np.ndarray, expected: np.ndarray, lowest: float) -> tuple[float, float]:
    """RMS and worst error of the cells that count."""
    counts = (expected > lowest) & (expected > expected.max(axis=1, keepdims=True) - 80)
    error = np.abs(actual - expected)[counts]
    return (np.sqrt(np.mean(error**2)), error.max()) if error.size else (np.nan, np.nan)


def librosa_db(pcm: np.ndarray, dtype: type) -> np.ndarray:
    """Log-mel of preset `seed`."""
    y = (pcm / 32768).astype(dtype)
    complex_type = np.complex128 if dtype is np.float64 else np.complex64
    spectrum = librosa.stft(y, n_fft=2048, hop_length=512, center=False, dtype=complex_type)
    weights = librosa.filters.mel(sr=22_050, n_fft=2048, n_mels=128, dtype=dtype)
    return librosa.power_to_db(weights @ np.abs(spectrum) ** 2, amin=1e-10, top_db=None).T


def microfrontend_exact(pcm: np.ndarray) -> np.ndarray:
    """The microfrontend's chain in float64: natural log of its output, in its units of 1/64."""
    channels, n_fft, window, hop = 40, 512, 480, 160
    mel = lambda hz: 1127 * np.log1p(hz / 700)
    corners = np.linspace(mel(125.0), mel(7500.0), channels + 2)
    bins = mel(np.arange(n_fft // 2 + 1) * 16_000 / n_fft)
    rising = (bins - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - bins) / np.diff(corners)[1:, None]
    weights = np.maximum(0, np.minimum(rising, falling))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(window) + 0.5) / window)
    smoothing = np.where(np.arange(channels) % 2 == 0, 0.025, 0.06)
    estimate = np.zeros(channels)
    rows = []
    for start in range(0, len(pcm) - window + 1, hop):
        spectrum = np.fft.rfft(pcm[start : start + window] * hann, n_fft) / n_fft
        level = 64 * np.sqrt(weights @ np.abs(spectrum) ** 2)
        # Noise suppression: subtract a slow estimate, keep a twentieth.
        estimate = smoothing * level + (1 - smoothing) * estimate
        kept = np.maximum(level - np.minimum(estimate, level), 0.05 * level)
        # PCAN: gain by the estimate, then a soft square at low ratios.
        gain = (8 * estimate + 80) ** -0.95
        ratio = 8 * kept * gain
        shrunk = 64 * np.where(ratio < 2, ratio**2 / 4, ratio - 1)
        rows.append(64 * np.log(np.maximum(8 * shrunk, 1)))
    return np.array(rows)


def microfrontend(pcm: np.ndarray) -> np.ndarray:
    """The microfrontend's output in its units of 1/64."""
    micro, rows = MicroFrontend(), []
    for i in range(0, len(pcm) - 159, 160):
        features = micro.process_samples(pcm[i : i + 160].tobytes()).features
        if features:
            rows.append(features)
    return np.array(rows) / 0.0390625


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: error_by_level.py PATH/OF/examples/peer OUT.svg")
    curves: dict[str, list[tuple[float, float]]] = {"microfrontend": [], "librosa, float32": [], "needledrop": []}
    for level_db in LEVELS_DB:
        pcm = signal(22_050, level_db)
        exact = librosa_db(pcm, np.float64)
        run = subprocess.run([sys.argv[1], "log-mel", "seed"], input=pcm.tobytes(), stdout=subprocess.PIPE, check=True)
        ours = np.frombuffer(run.stdout, "<i2").reshape(-1, 128) / 256
        curves["needledrop"].append(errors(ours, exact, -95))
        curves["librosa, float32"].append(errors(librosa_db(pcm, np.float32), exact, -95))
        pcm = signal(16_000, level_db)
        unit_db = 20 * np.log10(np.e) / 64
        theirs, expected = microfrontend(pcm), microfrontend_exact(pcm)
        rows = min(len(theirs), len(expected))
        curves["microfrontend"].append(errors(unit_db * theirs[:rows], unit_db * expected[:rows], 20 * np.log10(8)))
    print("| level, dBFS | " + " | ".join(f"{name}: rms | worst" for name in curves) + " |")
    print("|---" * (1 + 2 * len(curves)) + "|")
    for i, level_db in enumerate(LEVELS_DB):
        cells = " | ".join(f"{curve[i][0]:.2g} | {curve[i][1]:.2g}" for curve in curves.values())
        print(f"| {level_db} | {cells} |")

    matplotlib.rcParams.update({"svg.hashsalt": "needledrop", "svg.fonttype": "none"})
    figure, axes = plt.subplots(figsize=(7, 4.2))
    for (name, curve), colour in zip(curves.items(), ("#b2472f", "#8a8a8a", "#2a5d9f")):
        rms, worst = np.array(curve).T
        axes.semilogy(LEVELS_DB, worst, "o-", color=colour, label=f"{name}, worst")
        axes.semilogy(LEVELS_DB, rms, "--", color=colour, label=f"{name}, rms")
    axes.axhline(0.5 / 256, color="black", linewidth=0.8, linestyle=":")
    axes.text(0, 0.5 / 256 * 1.7, "dotted: half a step of Q8.8", fontsize=8)
    axes.set(xlabel="peak level of the signal, dBFS", ylabel="error against float64, dB", xlim=(2, -92))
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize=8, ncol=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    figure.tight_layout()
    figure.savefig(sys.argv[2], metadata={"Date": None} if sys.argv[2].endswith(".svg") else None)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Races the frontend and its resampler against their peers: the tables of docs/benchmarks.md.

    python3 -m venv venv && venv/bin/pip install librosa==0.11.0 pymicro-features==2.0.2 soxr==1.1.0
    cargo build --release -p needledrop-frontend --example peer
    venv/bin/python frontend/studies/race.py target/release/examples/peer

Every time is the best of many runs on one thread. Ripple and residue are of 40 sines near full scale up to 0.9 of the
lower Nyquist, aliases of 30 sines from the lower Nyquist to the upper; all are 16-bit in and out.
"""

import os

os.environ.update({name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")})

import subprocess
import sys
import time

import librosa
import numpy as np
import soxr
from pymicro_features import MicroFrontend

AMPLITUDE = 32_000
RATES_HZ = ((44_100, 22_050), (48_000, 22_050), (96_000, 22_050), (16_000, 22_050), (48_000, 16_000))


def best_us(run, runs: int = 15) -> float:
    """Best time of a run, microseconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


def peer(binary: str, *arguments: object, pcm: np.ndarray | None = None) -> bytes:
    """Output of our example."""
    given = None if pcm is None else pcm.astype("<i2").tobytes()
    return subprocess.run([binary, *map(str, arguments)], input=given, stdout=subprocess.PIPE, check=True).stdout


def frames(binary: str) -> None:
    """Table of the frontends."""
    rows = [line.split("\t") for line in peer(binary, "time-frames").decode().splitlines()]
    ours = {name: float(us) for name, us in rows}

    sound = np.random.default_rng(1).integers(-32768, 32767, 10 * 22_050, dtype=np.int16)
    floats = (sound / 32768).astype(np.float32)

    def log_mel() -> np.ndarray:
        mel = librosa.feature.melspectrogram(
            y=floats, sr=22_050, n_fft=2048, hop_length=512, n_mels=128, center=False
        )
        return librosa.power_to_db(mel, top_db=None)

    librosa_us = best_us(log_mel) / log_mel().shape[1]

    micro = MicroFrontend()
    pieces = [sound[i : i + 160].tobytes() for i in range(0, 160 * 1000, 160)]

    def speech() -> None:
        for piece in pieces:
            micro.process_samples(piece)

    micro_us = best_us(speech) / len(pieces)
    seed, fast = 22_050 / 512, 100
    print("| frontend | geometry | us a frame | us a second of sound |\n|---|---|---|---|")
    for name, geometry, us, rate in (
        ("this, integer", "22 050 Hz, 2048/512, 128 bands", ours["integer seed"], seed),
        ("this, microfft", "22 050 Hz, 2048/512, 128 bands", ours["microfft seed"], seed),
        ("realfft, f32", "22 050 Hz, 2048/512, 128 bands", ours["realfft seed"], seed),
        ("librosa, f32", "22 050 Hz, 2048/512, 128 bands", librosa_us, seed),
        ("this, integer", "16 000 Hz, 512/160, 40 bands", ours["integer speech"], fast),
        ("pymicro-features", "16 000 Hz, 480 in 512/160, 40 bands", micro_us, fast),
    ):
        print(f"| {name} | {geometry} | {us:.2f} | {us * rate:.0f} |")


def sine(hz: float, from_hz: int) -> np.ndarray:
    """A third of a second, 16-bit."""
    return np.round(AMPLITUDE * np.sin(2 * np.pi * hz * np.arange(from_hz // 3) / from_hz)).astype(np.int16)


def quality(resample, from_hz: int, to_hz: int) -> tuple[float, float, float]:
    """Ripple in dB; residue and aliases in dB below the sine."""
    low, high = min(from_hz, to_hz) / 2, from_hz / 2
    ripple, residue, alias = 0.0, -200.0, -200.0
    full = AMPLITUDE / np.sqrt(2)
    for hz in low * np.linspace(0.011, 0.9, 40):
        y = resample(sine(hz, from_hz)).astype(np.float64)
        inner = np.arange(len(y))[400:-400]
        angle = 2 * np.pi * hz / to_hz * inner
        basis = np.column_stack([np.sin(angle), np.cos(angle)])
        fit, *_ = np.linalg.lstsq(basis, y[inner], rcond=None)
        ripple = max(ripple, abs(20 * np.log10(np.hypot(*fit) / AMPLITUDE)))
        residue = max(residue, 20 * np.log10((y[inner] - basis @ fit).std() / full))
    if high > low:
        for hz in np.linspace(low, 0.999 * high, 30):
            y = resample(sine(hz, from_hz))[400:-400].astype(np.float64)
            alias = max(alias, 20 * np.log10(max(np.sqrt(np.mean(y**2)) / full, 1e-10)))
    return ripple, residue, alias


def resamplers(binary: str) -> None:
    """Table of the resamplers."""
    print("| from, to, Hz | resampler | ripple, dB | residue, dB | aliases, dB | us a second of sound |")
    print("|---|---|---|---|---|---|")
    for from_hz, to_hz in RATES_HZ:
        sound = np.random.default_rng(2).integers(-32768, 32767, 10 * from_hz, dtype=np.int16)

        def ours(pcm: np.ndarray) -> np.ndarray:
            return np.frombuffer(peer(binary, "resample", from_hz, to_hz, pcm=pcm), "<i2")

        rows = [("this", ours, float(peer(binary, "time-resample", from_hz, to_hz)))]
        for level in ("HQ", "VHQ"):
            def theirs(pcm: np.ndarray, level: str = level) -> np.ndarray:
                return soxr.resample(pcm, from_hz, to_hz, quality=level)

            rows.append((f"soxr {level}", theirs, best_us(lambda: theirs(sound)) / 10))
        for name, resample, us in rows:
            ripple, residue, alias = quality(resample, from_hz, to_hz)
            alias_text = "-" if alias <= -200 else f"{alias:.1f}"
            print(f"| {from_hz}, {to_hz} | {name} | {ripple:.4f} | {residue:.1f} | {alias_text} | {us:.0f} |", flush=True)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: race.py PATH/OF/examples/peer")
    frames(sys.argv[1])
    print()
    resamplers(sys.argv[1])


if __name__ == "__main__":
    main()

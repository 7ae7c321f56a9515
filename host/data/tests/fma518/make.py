#!/usr/bin/env python3
"""Makes the librosa fixtures of main.rs beside this script.

    python3 -m venv venv && venv/bin/pip install librosa==0.11.0 scipy==1.17.1
    venv/bin/python host/data/tests/fma518/make.py

NAME.f64 holds the 518 values of signal NAME, little-endian float64, in the order of FMA's features.csv. The signals are
integer arithmetic only, so that signals.rs makes the very same samples: a test compares the SHA-256 in signals.sha256.
A constant row's skew and kurtosis, which this scipy gives as not-a-number, stay so in the files.
"""

import hashlib
import warnings
from pathlib import Path

import librosa
import numpy as np
from scipy import stats

HERE = Path(__file__).parent
RATE = 22050
NAMES = ("band", "detuned", "noise", "quiet", "islands", "silence", "short")
# Name in features.csv and rows, in the order of its columns.
FEATURES = ("chroma_cens", "chroma_cqt", "chroma_stft", "mfcc", "rmse", "spectral_bandwidth", "spectral_centroid",
            "spectral_contrast", "spectral_rolloff", "tonnetz", "zcr")  # fmt: skip


def noise(samples: int, seed: int) -> np.ndarray:
    """16-bit white noise of a linear congruential generator."""
    state, out = seed, np.empty(samples, np.int64)
    for i in range(samples):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = (state >> 16) - 32768
    return out


def triangle(samples: int, millihertz: int) -> np.ndarray:
    """A triangle wave of full 16-bit amplitude; the phase is 32-bit."""
    step = millihertz * 2**32 // (RATE * 1000)
    phase = (np.arange(samples, dtype=np.int64) * step) & 0xFFFFFFFF
    place = phase >> 15
    return np.where(place < 65536, place, 131071 - place) - 32768


def fade(samples: int, length: int) -> np.ndarray:
    """Falls from 65536 to 0 in `length` samples, as a square."""
    left = np.maximum(length - np.arange(samples, dtype=np.int64), 0)
    return (left * 65536 // length) * (left * 65536 // length) >> 16


# Of A minor pentatonic and its chords, millihertz.
MELODY = (440000, 523251, 587330, 659255, 783991, 659255, 587330, 523251)
BASS = (55000, 65406, 73416, 82407)


def band(samples: int, cents: int = 0) -> np.ndarray:
    """Bass, chords, melody and drums; `cents` shifts all pitches by cents, in steps of 1 to 1731."""
    beat = RATE // 4
    y = np.zeros(samples, np.int64)
    rattle = noise(beat, 7)

    def add(start: int, length: int, values: np.ndarray, gain: int) -> None:
        end = min(start + length, samples)
        y[start:end] += values[: end - start] * gain >> 8

    def tuned(millihertz: int) -> int:
        return millihertz + millihertz * cents // 1731

    for i, start in enumerate(range(0, samples, beat)):
        root = tuned(BASS[i // 4 % 4])
        long = beat * 3
        add(start, beat, triangle(beat, root) * fade(beat, beat) >> 16, 60)
        add(start, long, triangle(long, tuned(MELODY[i * 5 % 8])) * fade(long, long) >> 16, 40)
        if i % 4 == 0:
            for multiple in (4, 5, 6):
                add(start, long, triangle(long, root * multiple) * fade(long, long) >> 16, 24)
        add(start, beat, rattle * fade(beat, beat // (2 if i % 2 else 6)) >> 16, 30 if i % 2 else 18)
    return y


def signal(name: str) -> np.ndarray:
    """16-bit PCM."""
    second = RATE
    if name == "band":
        y = band(10 * second)
    elif name == "detuned":
        y = band(6 * second, 37)
    elif name == "noise":
        y = noise(4 * second, 1) >> 2
    elif name == "quiet":
        y = band(6 * second) >> 10
    elif name == "islands":
        # Sound between digital silences.
        y = np.zeros(6 * second, np.int64)
        y[second : 2 * second] = band(second)
        y[4 * second :] = triangle(2 * second, 311127) >> 2
    elif name == "silence":
        y = np.zeros(second, np.int64)
    elif name == "short":
        y = band(3000)
    return np.clip(y, -32768, 32767).astype("<i2")


def series(y: np.ndarray) -> dict[str, np.ndarray]:
    """Every feature over time, by the calls of FMA's features.py."""
    feature = librosa.feature
    cqt = np.abs(librosa.cqt(y, sr=RATE, hop_length=512, bins_per_octave=12, n_bins=84, tuning=None))
    cens = feature.chroma_cens(C=cqt, n_chroma=12, n_octaves=7)
    stft = np.abs(librosa.stft(y, n_fft=2048, hop_length=512))
    mel = feature.melspectrogram(sr=RATE, S=stft**2)
    return {
        "chroma_cens": cens,
        "chroma_cqt": feature.chroma_cqt(C=cqt, n_chroma=12, n_octaves=7),
        "chroma_stft": feature.chroma_stft(S=stft**2, n_chroma=12),
        "mfcc": feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20),
        "rmse": feature.rms(S=stft),
        "spectral_bandwidth": feature.spectral_bandwidth(S=stft),
        "spectral_centroid": feature.spectral_centroid(S=stft),
        "spectral_contrast": feature.spectral_contrast(S=stft, n_bands=6),
        "spectral_rolloff": feature.spectral_rolloff(S=stft),
        "tonnetz": feature.tonnetz(chroma=cens),
        "zcr": feature.zero_crossing_rate(y, frame_length=2048, hop_length=512),
    }


def vector(y: np.ndarray) -> np.ndarray:
    """The 518 values."""
    rows = series(y)
    values = []
    for name in FEATURES:
        x = np.asarray(rows[name], np.float64)
        values += [stats.kurtosis(x, axis=1), x.max(1), x.mean(1), np.median(x, 1), x.min(1), stats.skew(x, axis=1), x.std(1)]
    return np.concatenate(values)


def main() -> None:
    warnings.simplefilter("ignore")
    digests = []
    for name in NAMES:
        pcm = signal(name)
        digests.append(f"{hashlib.sha256(pcm.tobytes()).hexdigest()}  {name}\n")
        values = vector(pcm.astype(np.float64) / 32768)
        values.astype("<f8").tofile(HERE / f"{name}.f64")
        print(f"{name}: {len(pcm)} samples, {len(values)} values, {np.isnan(values).sum()} not a number")
    (HERE / "signals.sha256").write_text("".join(digests))


if __name__ == "__main__":
    main()

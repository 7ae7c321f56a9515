#!/usr/bin/env python3
"""`needledrop prepare` against librosa: MP3 (30 s, stereo, 44.1 kHz) to log-mel at 22 050 Hz mono.

    apt-get install ffmpeg; python3 -m venv venv && venv/bin/pip install librosa==0.11.0
    cargo build --release --workspace --bins --examples
    venv/bin/python host/studies/prepare_race.py [--clips 12] [--rounds 7] [--target target/release]

The clips are needledrop's own synthesised music, two for the two channels, encoded at 192 kbit/s. Rounds alternate:
one thread of `needledrop prepare` from the MP3s to finished shards (start of the process included), one thread of
librosa.load(sr=22050, mono=True) + melspectrogram + power_to_db in this process (numba warm, nothing stored), and
`needledrop prepare` on two threads. Prints the medians over the rounds and the medians of the ratios within a round, of
time on the clock and of processor time (which other work on the machine disturbs less), and the split by stage.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import librosa  # noqa: E402
import numpy as np  # noqa: E402


def now() -> np.ndarray:
    """Seconds on the clock and of the processor, ended children included."""
    of = os.times()
    return np.array([time.perf_counter(), of.user + of.system + of.children_user + of.children_system])


def run(*command: object) -> np.ndarray:
    started = now()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return now() - started


def encode(target: Path, place: Path, clips: int) -> Path:
    """Stereo MP3s in a folder per genre."""
    synth, music = place / "synth", place / "music"
    run(target / "needledrop", "synth", "--out", synth, "--clips-per-genre", clips // 4 + 1, "--seconds", 30)
    sources = sorted(synth.rglob("*.wav"))
    step = len(sources) // clips
    for i in range(clips):
        left, right = sources[i * step], sources[(i * step + 1) % len(sources)]
        out = music / left.parent.name / f"{i:03}.mp3"
        out.parent.mkdir(parents=True, exist_ok=True)
        run("ffmpeg", "-v", "error", "-i", left, "-i", right, "-filter_complex", "amerge=inputs=2",
            "-ac", 2, "-ar", 44100, "-b:a", "192k", out)  # fmt: skip
    return music


def ours(target: Path, music: Path, place: Path, jobs: int) -> np.ndarray:
    out = place / "set"
    seconds = run(target / "needledrop", "prepare", "--data", music, "--out", out, "--jobs", jobs)
    subprocess.run(["rm", "-r", str(out)], check=True)
    return seconds


def theirs(files: list[Path]) -> np.ndarray:
    started = now()
    for file in files:
        y, _ = librosa.load(file, sr=22050, mono=True)
        librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=22050, n_fft=2048, hop_length=512, n_mels=128))
    return now() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--target", type=Path, default=Path("target/release"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        music = encode(options.target, place, options.clips)
        files = sorted(music.rglob("*.mp3"))
        theirs(files[:1])
        one, librosa_s, two = [], [], []
        for _ in range(options.rounds):
            one.append(ours(options.target, music, place, 1))
            librosa_s.append(theirs(files))
            two.append(ours(options.target, music, place, 2))
        command = [options.target / "examples" / "prepare_stages", "--rounds", options.rounds, *files]
        stages = json.loads(subprocess.check_output([str(word) for word in command]))
    one, librosa_s, two = (np.array(times) * 1e3 / len(files) for times in (one, librosa_s, two))

    def medians(values: np.ndarray, digits: int) -> dict[str, float]:
        clock, processor = np.median(values, axis=0)
        return {"clock": round(float(clock), digits), "processor": round(float(processor), digits)}

    print(json.dumps({
        "clips": len(files),
        "rounds": options.rounds,
        "ours_ms_per_clip": medians(one, 1),
        "librosa_ms_per_clip": medians(librosa_s, 1),
        "ours_over_librosa": medians(one / librosa_s, 3),
        "two_threads_ms_per_clip": medians(two, 1),
        "two_threads_speedup": medians(one / two, 2),
        "stages": stages,
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()

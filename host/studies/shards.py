"""Reading shards: this program against TensorFlow's tf.data, and how much memory it takes.

    venv/bin/pip install tensorflow-cpu==2.21.0
    cargo build --release --workspace --bins --example stream
    venv/bin/python host/studies/shards.py --programs target/release --out /tmp/shards

Both read the same warm files in the same run, in turns: every record's checksum is verified, its Example parsed, its `x`
decoded to 16-bit integers. tf.data gets its own best settings (AUTOTUNE everywhere, and a reduction inside its graph, so
that no time goes into Python). Medians of the rounds.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402

SHARDS = 16
KEYS = {
    "x": tf.io.FixedLenFeature([], tf.string),
    "shape": tf.io.FixedLenFeature([2], tf.int64),
    "label": tf.io.FixedLenFeature([], tf.int64),
    "clip": tf.io.FixedLenFeature([], tf.string),
}


def seed_set(programs, folder):
    """A small prepared set of clips whose log-mel has about 50 KB."""
    music, out = folder / "music", folder / "seed"
    if not out.exists():
        needledrop = programs / "needledrop"
        quiet = {"check": True, "stderr": subprocess.DEVNULL}
        subprocess.run([needledrop, "synth", "--out", music, "--clips-per-genre", "12", "--seconds", "4.6"], **quiet)
        subprocess.run([needledrop, "prepare", "--data", music, "--out", out], **quiet)
    return out


def repeated(seed, folder, records):
    """A set of `records` records: those of `seed` again and again, written by TensorFlow."""
    out = folder / f"set-{records}"
    if (out / "dataset.json").exists():
        return out
    out.mkdir(parents=True, exist_ok=True)
    about = json.loads((seed / "dataset.json").read_text())
    of_seed = sum(shard["records"] for shard in about["shards"])
    shards = []
    for split in ("train", "valid", "test"):
        files = [shard for shard in about["shards"] if shard["split"] == split]
        paths = [str(seed / shard["file"]) for shard in files]
        data = [record.numpy() for record in tf.data.TFRecordDataset(paths)]
        count = max(SHARDS, round(records * sum(shard["records"] for shard in files) / of_seed))
        for shard in range(SHARDS):
            mine = range(shard * count // SHARDS, (shard + 1) * count // SHARDS)
            name = f"logmel-{split}-{shard:05}-of-{SHARDS:05}-{len(mine)}.tfrecord"
            with tf.io.TFRecordWriter(str(out / name)) as writer:
                for record in mine:
                    writer.write(data[record % len(data)])
            shards.append({"file": name, "kind": "logmel", "split": split, "records": len(mine)})
    about["shards"] = shards
    (out / "dataset.json").write_text(json.dumps(about))
    return out


def parse(record):
    example = tf.io.parse_single_example(record, KEYS)
    return tf.reshape(tf.io.decode_raw(example["x"], tf.int16), example["shape"])


def parse_batch(records):
    return tf.io.decode_raw(tf.io.parse_example(records, KEYS)["x"], tf.int16)


def tf_data(paths, batch):
    """How many records a pass had, its seconds, and its seconds of processor time."""
    began, used = time.perf_counter(), time.process_time()
    records = tf.data.TFRecordDataset(paths, num_parallel_reads=tf.data.AUTOTUNE)
    if batch:
        clips = records.batch(batch).map(parse_batch, num_parallel_calls=tf.data.AUTOTUNE)
    else:
        clips = records.map(parse, num_parallel_calls=tf.data.AUTOTUNE)
    counted = clips.prefetch(tf.data.AUTOTUNE).reduce(
        tf.constant(0, tf.int64),
        lambda count, x: count + (tf.shape(x, tf.int64)[0] if batch else 1),
    )
    records = int(counted.numpy())
    return records, time.perf_counter() - began, time.process_time() - used


def ours(programs, folder, *options):
    """The same of this program, without the time to start it; processor time with it."""
    command = [programs / "examples/stream", folder, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        answer = json.loads(child.stdout.read())
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
    assert status == 0, command
    return answer["records"], answer["seconds"], usage.ru_utime + usage.ru_stime


def race(programs, folder, rounds):
    paths = sorted(map(str, folder.glob("*.tfrecord")))
    ways = {
        "this": lambda: ours(programs, folder),
        "this, one thread": lambda: ours(programs, folder, "--threads", "1"),
        "this, shuffled among 1,000": lambda: ours(programs, folder, "--shuffle", "1000"),
        "tf.data, record by record": lambda: tf_data(paths, 0),
        "tf.data, batches of 64": lambda: tf_data(paths, 64),
    }
    rates = {name: [] for name in ways}
    costs = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            records, seconds, used = way()
            if turn > 0:  # the first round warms files and libraries
                rates[name].append(records / seconds)
                costs[name].append(1e6 * used / records)
    size = sum(os.path.getsize(path) for path in paths) / records
    print(f"{records} records of {size / 1e3:.1f} KB, medians of {rounds} rounds on {os.cpu_count()} cores\n")
    print("| | records/s | processor us a record | this is faster by | this costs less by |\n|---|---|---|---|---|")
    for name in ways:
        # Of each round, so that a slow moment of the machine is in both.
        faster = statistics.median(a / b for a, b in zip(rates["this"], rates[name]))
        cheaper = statistics.median(b / a for a, b in zip(costs["this"], costs[name]))
        rate, cost = statistics.median(rates[name]), statistics.median(costs[name])
        print(f"| {name} | {rate:,.0f} | {cost:.1f} | {faster:.1f} | {cheaper:.1f} |")


def peak_mib(command, seconds=None):
    """Most memory that a program had, as the kernel accounts it; one that takes longer is ended after `seconds`."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    status = pathlib.Path(f"/proc/{child.pid}/status")
    peak_kib, began = 0, time.monotonic()
    while child.poll() is None:
        lines = status.read_text().splitlines()
        peak_kib = max([peak_kib, *(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))])
        if seconds and time.monotonic() - began > seconds:
            child.kill()
            child.wait()
            return peak_kib / 1024
        time.sleep(0.01)
    assert child.returncode == 0, command
    return peak_kib / 1024


def memory(programs, seed, folder, seconds):
    needledrop = programs / "needledrop"
    train = [needledrop, "train", "--model", "compact", "--preset", "article", "--epochs", "1"]
    runs = [folder / f"run-{name}" for name in ("seed", "stored", "all")]
    subprocess.run(["rm", "-rf", *runs], check=True)
    subprocess.run([*train, "--data", seed, "--run", runs[0]], check=True, stderr=subprocess.DEVNULL)
    print("| clips | shards | stream | train --memory 16M | train, all in memory | evaluate |\n|---|---|---|---|---|---|")
    for clips in (1000, 10000):
        data = repeated(seed, folder, clips)
        size = sum(path.stat().st_size for path in data.glob("*.tfrecord")) / 2**20
        peaks = [
            peak_mib([programs / "examples/stream", data]),
            peak_mib([*train, "--data", data, "--run", runs[1], "--memory", "16M"], seconds),
            peak_mib([*train, "--data", data, "--run", runs[2], "--memory", "100G"], seconds),
            peak_mib([needledrop, "evaluate", "--run", runs[0], "--data", data, "--split", "train"]),
        ]
        print(f"| {clips} | {size:.0f} MiB | " + " | ".join(f"{peak:.0f} MiB" for peak in peaks) + " |", flush=True)
        subprocess.run(["rm", "-rf", *runs[1:]], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="folder of the built programs")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for data sets and runs")
    parser.add_argument("--records", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--memory", action="store_true", help="peak memory at 1,000 and 10,000 clips instead")
    parser.add_argument("--seconds", type=float, default=60, help="of training, whose memory is as high after some steps")
    arguments = parser.parse_args()
    seed = seed_set(arguments.programs, arguments.out)
    if arguments.memory:
        memory(arguments.programs, seed, arguments.out, arguments.seconds)
    else:
        race(arguments.programs, repeated(seed, arguments.out, arguments.records), arguments.rounds)


if __name__ == "__main__":
    main()

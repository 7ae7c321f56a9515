"""Writes host/tests/golden/foreign: shards as TensorFlow users have them, for host/tests/foreign.rs.

    venv/bin/pip install tensorflow-cpu==2.21.0
    venv/bin/python host/tests/golden/foreign.py

Values are formulas that the tests know too, exact in 16 bits.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402

OUT = pathlib.Path(__file__).parent / "foreign"


def raw(*values):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def ints(values):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def floats(values):
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def write(path, records, compression=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(compression_type=compression)) as writer:
        for record in records:
            example = tf.train.Example(features=tf.train.Features(feature=record))
            writer.write(example.SerializeToString())


def song(number):
    """The articles' record: raw audio in [-1, 1], an integer class, a one-hot class."""
    samples = [(i * (number + 3) * 37 % 4001 - 2000) / 32768 for i in range(2304)]
    classes = [3, 7]
    one_hot = [float(c == classes[number % 2]) for c in range(8)]
    return {"song": floats(samples), "class": ints([classes[number % 2]]), "one_hot_class": floats(one_hot)}


def matrix(number, size):
    return [k * (number + 5) * 91 % 20001 - 10000 for k in range(size)]


def log_mel(number):
    """Our schema without a frontend's id, with keys that are not ours."""
    x = tf.constant(matrix(number, 24 * 32), tf.int16)
    return {
        "zzz": raw(b"not ours", b"nor this"),
        "x": raw(tf.io.serialize_tensor(x).numpy()[-2 * 24 * 32 :]),
        "tempo": floats([120.0]),
        "split": raw([b"train", b"train", b"validation", b"test"][number // 2 % 4]),
        "shape": ints([24, 32]),
        "label": ints([number % 2]),
        "genre": raw([b"waltz", b"blues"][number % 2]),
        "clip": raw(f"{number:02}.mp3".encode()),
        "nothing": tf.train.Feature(),
    }


def numbered(number, x):
    return {"x": x, "shape": ints([4, 8]), "label": ints([number % 3])}


def main():
    songs = [song(number) for number in range(10)]
    write(OUT / "articles/songs-00000-of-00002.tfrec", songs[:6])
    write(OUT / "articles/songs-00001-of-00002.tfrec", songs[6:])
    write(OUT / "schema/all.tfrecord", [log_mel(number) for number in range(16)])
    write(
        OUT / "lists/train.tfrecord",
        [numbered(n, floats([v / 256 for v in matrix(n, 32)])) for n in range(3)],
    )
    write(OUT / "lists/val.tfrecord", [numbered(n, ints(matrix(n, 32))) for n in range(3, 6)])
    write(
        OUT / "lists/test.tfrecord",
        [numbered(n, raw(b"".join(v.to_bytes(2, "little", signed=True) for v in matrix(n, 32)))) for n in range(6, 9)],
    )
    (OUT / "lists/labels.txt").write_text("jazz\nno-music\nblues\n")
    write(OUT / "gzip/songs.tfrec", [song(0)], "GZIP")


if __name__ == "__main__":
    main()

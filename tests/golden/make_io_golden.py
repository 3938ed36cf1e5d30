#!/usr/bin/env python3
"""Makes the golden files of tests/core/io: what NumPy, safetensors and gzip write, for Reel to read.

    pip install numpy safetensors && python3 tests/golden/make_io_golden.py

The files in the tree were made with NumPy 2.4.6 and safetensors 0.8.0. The values follow from the shapes (see `values`),
so that the tests can tell them without a second file.
"""

import gzip
import io
import pathlib

import numpy as np
from numpy.lib import format as npy
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).parent / "io"


def values(dtype, *shape):
    """Elements 0, 1, 2, ...: floats i / 2 - 1, integers i - 2 (uint8 i), bools i % 2."""
    i = np.arange(int(np.prod(shape)))
    if dtype in ("float32", "float64", "float16"):
        i = i / 2 - 1
    elif dtype in ("int64", "int32"):
        i = i - 2
    elif dtype == "bool":
        i = i % 2
    return i.astype(dtype).reshape(shape)


def save_npy(name, array, version=(1, 0)):
    with open(OUT / f"{name}.npy", "wb") as file:
        npy.write_array(file, array, version=version)


def main():
    OUT.mkdir(exist_ok=True)
    arrays = {
        "float32": values("float32", 2, 3),
        "float64": values("float64", 2, 1, 3),
        "int64": values("int64", 5),
        "uint8": values("uint8", 2, 2, 2, 2),
        "bool": values("bool", 3, 2),
        "empty": values("float32", 0, 3),
        "scalar": np.array(0.25),
    }
    for name, array in arrays.items():
        save_npy(name, array)
    save_npy("version2", values("float32", 2, 3), version=(2, 0))
    save_npy("version3", values("float32", 2, 3), version=(3, 0))
    save_npy("fortran", np.asfortranarray(values("float64", 2, 3, 4)))
    save_npy("big_endian", values("int64", 2, 3).astype(">i8"))
    save_npy("big_endian_fortran", np.asfortranarray(values("float32", 2, 3).astype(">f4")))
    save_npy("float16", values("float16", 3))
    save_npy("structured", np.zeros(2, dtype=[("x", "f4"), ("y", "f4")]))
    np.save(OUT / "object.npy", np.array([{}, None], dtype=object), allow_pickle=True)

    np.savez(OUT / "stored.npz", **arrays)
    np.savez_compressed(OUT / "deflated.npz", **arrays, zeros=np.zeros((100, 100)))
    np.savez(OUT / "none.npz")

    save_file(arrays, OUT / "all.safetensors", {"by": 'a "quoted"\nname é'})
    save_file({"layer.ü": values("float32", 2), 'a"\\\t\x01/b': values("float32", 1)}, OUT / "names.safetensors")
    save_file({"half": values("float16", 2)}, OUT / "float16.safetensors")
    save_file({}, OUT / "none.safetensors")

    def gz(name, *members):
        out = io.BytesIO()
        for member in members:
            out.write(gzip.compress(member, mtime=0))
        (OUT / name).write_bytes(out.getvalue())

    gz("hello.gz", b"hello, hello, hello\n")
    gz("two_members.gz", b"hello, ", b"hello\n")
    gz("megabyte_of_zeros.gz", bytes(1 << 20))


if __name__ == "__main__":
    main()

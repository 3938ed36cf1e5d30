"""Collects named tensors and attributes, and writes them as a safetensors file that is the same on every run."""

import json
import struct
import zlib
from pathlib import Path

import torch
from safetensors.torch import save


def generator(name):
    """A random generator seeded by a case's name, so that a new case changes no other."""
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


def attribute_text(value):
    """One attribute's value: 2, 0.5, 1,2 for a pair, 0 or 1 for a flag, same as it stands for a word."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (tuple, list)):
        return ",".join(attribute_text(v) for v in value)
    return value if isinstance(value, str) else repr(value)


def describe(op, attributes):
    """The metadata of a case: `op=conv2d stride=2,1 groups=2`."""
    pairs = {"op": op, **attributes}
    return " ".join(f"{key}={attribute_text(value)}" for key, value in pairs.items())


def with_sorted_metadata(data):
    """The same file with its metadata in order: the safetensors package writes them in random order."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


class GoldenFile:
    """The tensors and the metadata of one golden file."""

    def __init__(self):
        self.tensors = {}
        self.metadata = {}

    def put(self, key, tensor):
        """Stores a copy of `tensor` under `key`, which must be new."""
        assert key not in self.tensors, f"{key} stands twice"
        tensor = tensor.detach().clone(memory_format=torch.contiguous_format)
        assert not tensor.is_floating_point() or tensor.isfinite().all(), f"{key} is not finite"
        self.tensors[key] = tensor

    def describe(self, case, op, **attributes):
        """Stores the metadata of `case`, which must be new."""
        assert case not in self.metadata, f"{case} stands twice"
        self.metadata[case] = describe(op, attributes)

    def write(self, path):
        """Writes the file and prints its size."""
        data = with_sorted_metadata(save(self.tensors, self.metadata))
        Path(path).write_bytes(data)
        print(f"{Path(path).name}: {len(self.tensors)} tensors, {len(data)} bytes")

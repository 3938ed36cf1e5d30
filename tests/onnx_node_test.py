#!/usr/bin/env python3
"""The ONNX project's own tests of its operators, which come with the Python package onnx, run by Reel.

Usage: tests/onnx_node_test.py PATH/TO/node_cases [--list]. Each test whose nodes are all ops that Reel imports is run. It
passes, or Reel refuses it with an error for a reason that is listed here and in docs/onnx.md; a wrong result, and an error
for any other reason, fails. --list prints those refused. Where there is no onnx it says so and exits with 77.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np

    for kind in (bool, float, int, object):  # Debian's onnx is older than its numpy
        if kind.__name__ not in np.__dict__:
            setattr(np, kind.__name__, kind)
    import onnx
    from onnx.backend.test.case.node import collect_testcases
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

# What Reel has not, by the words of its error.
REFUSALS = {
    r"ONNX's type \d+": "other types than float32, float64, int64, int32, uint8 and bool",
    r"wants float32, float64( or int64)?, got (uint8|bool)": "arithmetic of uint8 and bool",
    r"wants float32 or float64, got uint8": "pooling of uint8",
    r"Reel has windows over .* got \[\d+, \d+, \d+, \d+, \d+\]": "convolution and pooling in 3-D",
    r"Reel has no mean of dilated windows": "AveragePool with dilations",
    r"the file says that it drops": "Dropout with training_mode, whose numbers are random",
    r"row-major storage_order alone": "MaxPool with storage_order = 1",
    r"has no elements to choose from": "ReduceMax and ReduceMin of nothing",
    r"Reel has the reductions none and add": "ScatterElements with mul, max or min",
}


def is_known(case, ops):
    nodes = case.model.graph.node
    return nodes and all(node.op_type in ops and node.domain in ("", "ai.onnx") for node in nodes)


def write_tensor(path, value, info):
    if value is None:
        path.write_bytes(b"")
    elif isinstance(value, onnx.TensorProto):
        path.write_bytes(value.SerializeToString())
    else:
        path.write_bytes(onnx.numpy_helper.from_array(np.asarray(value), info.name).SerializeToString())


def write(case, folder):
    """The test as node_cases reads it; whether that could be."""
    graph = case.model.graph
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    for i, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f"test_data_set_{i}"
        data.mkdir()
        for kind, values, infos in (("input", inputs, graph.input), ("output", outputs, graph.output)):
            if any(isinstance(value, (list, dict, str)) for value in values):
                return False  # sequences and the like
            for j, (value, info) in enumerate(zip(values, infos)):
                write_tensor(data / f"{kind}_{j}.pb", value, info)
    return True


def main(program, listing):
    ops = set(subprocess.run([program], capture_output=True, text=True, check=True).stdout.split())
    with tempfile.TemporaryDirectory() as scratch:
        folders = []
        for i, case in enumerate(collect_testcases(None)):
            folder = pathlib.Path(scratch, str(i), case.name)  # two may have one name
            if is_known(case, ops) and write(case, folder):
                folders.append(str(folder))
        run = subprocess.run([program, *folders], capture_output=True, text=True)
    counts = collections.Counter()
    bad = 0
    for line in run.stdout.splitlines():
        name, verdict, *why = line.split(" ", 2)
        why = "".join(why)
        if verdict == "refused":
            reason = next((reason for words, reason in REFUSALS.items() if re.search(words, why)), None)
            counts[reason] += 1
            if reason and listing:
                print(f"{name}: {reason}")
            verdict = "refused" if reason else "FAILED"
        counts[verdict] += 1
        if verdict == "FAILED":
            print(f"FAILED {name}: {why}")
            bad += 1
    for reason in sorted(set(REFUSALS.values()) & set(counts)):
        print(f"{counts[reason]:4d} refused: {reason}")
    print(f"{counts['passed']} of ONNX's tests pass, {counts['refused']} are refused, {bad} fail")
    return run.returncode != 0 or bad > 0 or counts["passed"] == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--list" in sys.argv[2:]))

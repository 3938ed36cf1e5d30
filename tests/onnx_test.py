#!/usr/bin/env python3
"""Models that Reel exports: ONNX's checker accepts them, and ONNX Runtime computes the same outputs to 1e-5, for the
batch size of the export and for another one.

Usage: tests/onnx_test.py PATH/TO/export_cases. Without onnxruntime only the checker reads them; where there is no onnx, the
test says so and exits with 77.
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
try:
    import onnxruntime
except ImportError:
    onnxruntime = None

CLOSE = 1e-5


def difference(session, path):
    """The greatest difference of all outputs, relative to 1 or to the largest number."""
    arrays = np.load(path)
    inputs = {node.name: arrays[f"input{i}"] for i, node in enumerate(session.get_inputs())}
    greatest = 0
    for i, output in enumerate(session.run(None, inputs)):
        expected = arrays[f"output{i}"]
        if output.shape != expected.shape or not output.size:
            return float("inf")
        greatest = max(greatest, np.abs(output - expected).max() / max(1, np.abs(expected).max()))
    return greatest


def check(program, name, folder):
    """An error, or None."""
    run = subprocess.run([program, name, folder], capture_output=True, text=True)
    if run.returncode:
        return run.stderr.strip()
    path = str(folder / "model.onnx")
    try:
        onnx.checker.check_model(path, full_check=True)
        if not onnxruntime:
            return None
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        for batch in ("first", "second"):
            off = difference(session, folder / f"{batch}.npz")
            if not off <= CLOSE:
                return f"{batch} batch: outputs are {off} apart"
    except Exception as error:  # what the checker and the runtime throw has no common type
        return str(error)
    return None


def main(program):
    names = subprocess.run([program, "list"], capture_output=True, text=True, check=True).stdout.split()
    bad = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            error = check(program, name, pathlib.Path(folder))
        if error:
            print(f"FAILED {name}: {error}")
            bad += 1
    done = "run in ONNX Runtime as in Reel" if onnxruntime else "pass ONNX's checker; there is no onnxruntime to run them"
    print(f"{len(names) - bad} of {len(names)} models {done}")
    return bad > 0 or not names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

#!/usr/bin/env python3
"""Nets trained by PyTorch run in Reel, and those trained by Reel in PyTorch, with the same outputs to 1e-5.

Usage: tests/torch_test.py PATH/TO/model_outputs. Where there is no PyTorch it says so and exits with 77.
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    from safetensors.torch import load_file, save_file
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent / "golden"))
import model_cases  # noqa: E402

CLOSE = 1e-5


def state_of(tensors):
    return {key[6:]: tensor for key, tensor in tensors.items() if key.startswith("state.")}


def torch_to_reel(program, name, folder):
    """The greatest difference of a net that PyTorch has trained."""
    net = model_cases.trained(name)
    x = torch.randn(2, *model_cases.NETS[name][1])
    with torch.no_grad():
        expected = net(x)
    path, output = folder / "torch.safetensors", folder / "output.npy"
    save_file({"input": x, **{f"state.{key}": t.contiguous() for key, t in net.state_dict().items()}}, path)
    subprocess.run([program, name, "run", path, output], check=True)
    return np.abs(np.load(output) - expected.numpy()).max()


def reel_to_torch(program, name, folder):
    """The same of one that Reel has trained."""
    path = folder / "reel.safetensors"
    subprocess.run([program, name, "train", path], check=True)
    tensors = load_file(path)
    net = model_cases.NETS[name][0]()
    net.load_state_dict(state_of(tensors), strict=True)
    with torch.no_grad():
        output = net.eval()(tensors["input"])
    return (output - tensors["output"]).abs().max().item()


def main(program):
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        for net in model_cases.NETS:
            for way in (torch_to_reel, reel_to_torch):
                difference = way(program, net, pathlib.Path(name))
                bad += not difference <= CLOSE
                print(f"{net:9} {way.__name__:14} {difference:.1e}")
    if bad:
        sys.exit(f"{bad} differ by more than {CLOSE}")


if __name__ == "__main__":
    main(sys.argv[1])

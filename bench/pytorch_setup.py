"""PyTorch at its best: what its processes start with, and the models, with the same layers as Reel's."""

import os

LAYOUTS = ("contiguous", "channels_last")
BEST_ALLOCATOR = {  # glibc reads them when the process starts: keep freed memory
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}


def best_environment(threads):
    """The environment for a process of PyTorch: its threads and its allocator are set before it starts."""
    return os.environ | BEST_ALLOCATOR | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


def memory_format(layout):
    """The memory format that a layout's name stands for."""
    import torch

    return torch.channels_last if layout == "channels_last" else torch.contiguous_format


def make_model(name):
    """lenet5, cnn, vgg and mlp as examples/models/mnist.cpp has them, and mlp3, as bench/shapes.h has it."""
    from torch.nn import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential

    if name == "lenet5":
        return Sequential(
            Conv2d(1, 6, 5, padding=2), ReLU(), MaxPool2d(2), Conv2d(6, 16, 5), ReLU(), MaxPool2d(2), Flatten(),
            Linear(400, 120), ReLU(), Linear(120, 84), ReLU(), Linear(84, 10),
        )  # fmt: skip
    if name == "cnn":
        return Sequential(
            Conv2d(1, 32, 3), ReLU(), Conv2d(32, 64, 3), ReLU(), MaxPool2d(2), Flatten(),
            Linear(9216, 128), ReLU(), Linear(128, 10),
        )  # fmt: skip
    if name == "mlp":
        return Sequential(Flatten(), Linear(784, 256), ReLU(), Linear(256, 10))
    if name == "mlp3":
        return Sequential(Flatten(), Linear(784, 256), ReLU(), Linear(256, 128), ReLU(), Linear(128, 10))
    if name != "vgg":
        raise ValueError(f"no model {name}")
    layers, channels = [], 1
    for width in (32, 64, 128):
        for _ in range(2):
            layers += [Conv2d(channels, width, 3, padding=1, bias=False), BatchNorm2d(width), ReLU()]
            channels = width
        layers.append(MaxPool2d(2))
    return Sequential(*layers, Flatten(), Linear(1152, 10))

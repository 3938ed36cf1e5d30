"""Golden training runs: the first 100 losses of two networks, from weights and images that both sides can have.

The initial weights come from a formula in 32-bit unsigned arithmetic (all modulo 2^32). Element i (from 0, in row-major
order) of tensor t (from 0, in the order of the state dict: weight, bias, weight, bias, ...) is

    x = i * 2654435761 + 97 * t + 12345
    x ^= x >> 16;  x *= 0x7feb352d;  x ^= x >> 15;  x *= 0x846ca68b;  x ^= x >> 16      (the hash "lowbias32")
    u = x / 2^32                                                                       (in double, exact)
    w = bound * (2 * u - 1)                        (in double, and then rounded to float32, for the float64 run too)

with bound = 1 / sqrt(fan_in) in double; fan_in is the size of one output's weights (in_channels * KH * KW, or
in_features) of the tensor's own layer, the same for its weight and its bias.

The tensor first_weights of each file holds the first five values of every tensor, to check the formula against.

The images are the first 1,280 of MNIST's training images: 20 batches of 64 in the files' order, taken five times.
A pixel p becomes (p / 255 - 0.1307) / 0.3081. A step is: the mean cross-entropy of a batch (this is the stored loss),
its gradients, SGD with momentum 0.9. The runs f64 and f32 have the learning rate 0.02, f64_slow and f32_slow 0.002.

f64 is the one to compare with: weights that differ by 1e-15 change none of its losses by more than 1e-14. In float32
the last bit of a sum decides now and then which side of a ReLU's or a pooling's kink a value falls on, and at 0.02 the
steps blow that up: PyTorch against itself with weights changed by 1e-7 stays within 3e-6 in one run, and is 2e-2 to
1e-1 off in the next (lenet5 from about step 50 on, cnn from about step 20). The slow runs are calm: lenet5's stayed
within 2e-5 over all 100 steps.
"""

import gzip

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

IMAGES, BATCH, STEPS = 1280, 64, 100
MOMENTUM = 0.9
RUNS = [
    ("f64", torch.float64, 0.02),
    ("f32", torch.float32, 0.02),
    ("f64_slow", torch.float64, 0.002),
    ("f32_slow", torch.float32, 0.002),
]


def lenet5():
    """LeNet-5 with ReLU and max pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def cnn():
    """Two 3x3 convolutions, one pooling and two linear layers."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def formula_weights(t, shape, fan_in):
    """Tensor t of the state dict in float32, by the formula above."""
    x = np.arange(np.prod(shape), dtype=np.uint32) * np.uint32(2654435761) + np.uint32(97 * t + 12345)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    u = x.astype(np.float64) / 2.0**32
    w = (1 / np.sqrt(np.float64(fan_in))) * (2 * u - 1)
    return torch.from_numpy(w.astype(np.float32).reshape(shape))


def set_weights(model):
    """Gives every parameter of the model its value by the formula."""
    for t, (name, parameter) in enumerate(model.state_dict().items()):
        if name.endswith("weight"):
            fan_in = parameter[0].numel()
        parameter.copy_(formula_weights(t, tuple(parameter.shape), fan_in))


def train(model, images, labels, dtype, learning_rate):
    """The losses of the first 100 steps. Leaves the model trained."""
    model.to(dtype)
    pixels = ((images.to(dtype) / 255 - 0.1307) / 0.3081).unsqueeze(1)
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=MOMENTUM)
    losses = []
    for step in range(STEPS):
        start = step * BATCH % IMAGES
        loss = nn.functional.cross_entropy(model(pixels[start : start + BATCH]), labels[start : start + BATCH])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=dtype)


def add_training(file, name, make_model, images_path):
    """<run>.losses, and for each tensor of the state dict its sum and its sum of absolute values after 100 steps."""
    data = load_file(images_path)
    for run, dtype, learning_rate in RUNS:
        model = make_model()
        set_weights(model)
        state = model.state_dict()
        if run == "f64":
            file.put("first_weights", torch.stack([tensor.flatten()[:5] for tensor in state.values()]))
            file.metadata["tensors"] = " ".join(f"{k}:{','.join(map(str, v.shape))}" for k, v in state.items())
        file.put(f"{run}.losses", train(model, data["images"], data["labels"], dtype, learning_rate))
        final = [tensor.double() for tensor in model.state_dict().values()]
        file.put(f"{run}.final_sums", torch.stack([tensor.sum() for tensor in final]))
        file.put(f"{run}.final_abs_sums", torch.stack([tensor.abs().sum() for tensor in final]))
        file.describe(run, "train", model=name, lr=learning_rate, momentum=MOMENTUM, batch_size=BATCH, steps=STEPS)


def read_idx(path, header):
    """The bytes of a gzipped IDX file after its header."""
    with gzip.open(path) as stream:
        return np.frombuffer(stream.read(), dtype=np.uint8)[header:]


def add_images(file, mnist):
    """images (uint8, [1280, 28, 28]) and labels (int64, [1280]) from MNIST's training files in the folder `mnist`."""
    pixels = read_idx(mnist / "train-images-idx3-ubyte.gz", 16)[: IMAGES * 784].reshape(IMAGES, 28, 28)
    labels = read_idx(mnist / "train-labels-idx1-ubyte.gz", 8)[:IMAGES]
    file.put("images", torch.from_numpy(pixels.copy()))
    file.put("labels", torch.from_numpy(labels.astype(np.int64)))
    file.describe("images", "mnist_train", first=0, count=IMAGES)

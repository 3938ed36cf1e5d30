"""PyTorch's side of the rows of bench/shapes.h: the same shapes, forward, forward and backward, or a whole step.

vs_rows.py runs this file as a process of its own:  python3 bench/pytorch_rows.py THREADS SECONDS
It reads one shape a line, as `reel_bench --shapes` prints them, and answers with a line of JSON: milliseconds a call
by pass, for each memory layout that the op knows.

A function here makes what is called, by pass. Forwards record nothing, and gradients are asked for with
torch.autograd.grad, which collects none: PyTorch's least overhead for each.
"""

import json
import math
import sys
import time

import torch
from torch.nn.functional import batch_norm, conv2d, cross_entropy, group_norm, layer_norm, max_pool2d, relu

from pytorch_setup import LAYOUTS, make_model, memory_format


def without_recording(call):
    """The same call under inference_mode."""

    def forward():
        with torch.inference_mode():
            call()

    return forward


def passes_of(call, leaves):
    """Forward, and forward and backward to every one of the leaves."""
    gradient = torch.randn_like(call())
    return {
        "forward": without_recording(call),
        "forward_backward": lambda: torch.autograd.grad(call(), leaves, gradient),
    }


def conv_row(shape, layout):
    """A convolution; its gradients for input and weight are computed by one call, without the autograd."""
    groups, axes, is_transposed = shape["groups"], int(shape["op"][-2]), "transpose" in shape["op"]
    first, second = shape["out_channels"], shape["in_channels"]
    if is_transposed:
        first, second = second, first
    x = torch.randn(shape["batch"], shape["in_channels"], *[shape["size"]] * axes).to(memory_format=layout)
    w = torch.randn(first, second // groups, *[shape["kernel"]] * axes).to(memory_format=layout)
    stride, padding, dilation = ([shape[key]] * axes for key in ("stride", "padding", "dilation"))
    options = (stride, padding, dilation, is_transposed, [0] * axes, groups)
    forward = lambda: torch.convolution(x, w, None, *options)
    gradient = torch.randn_like(forward())
    wanted = [True, True, False]  # input, weight, bias
    backward = torch.ops.aten.convolution_backward

    def forward_backward():
        forward()
        backward(gradient, x, w, None, *options, wanted)

    return {"forward": without_recording(forward), "forward_backward": without_recording(forward_backward)}


def pooled_conv_row(shape, layout):
    """A convolution with a bias, ReLU and max pooling, one after the other."""
    size, kernel, channels = shape["size"], shape["kernel"], shape["out_channels"]
    x = torch.randn(shape["batch"], shape["in_channels"], size, size).to(memory_format=layout).requires_grad_()
    w = torch.randn(channels, shape["in_channels"], kernel, kernel).to(memory_format=layout).requires_grad_()
    bias = torch.randn(channels, requires_grad=True)
    return passes_of(lambda: max_pool2d(relu(conv2d(x, w, bias, shape["stride"], shape["padding"])), 2), [x, w, bias])


def pool_row(shape, layout):
    """Max pooling."""
    x = torch.randn(shape["batch"], shape["channels"], shape["size"], shape["size"]).to(memory_format=layout)
    x.requires_grad_()
    return passes_of(lambda: max_pool2d(x, shape["kernel"], shape["stride"], shape["padding"]), [x])


def norm_row(shape, layout):
    """Batch normalisation in training."""
    channels = shape["channels"]
    x = torch.randn(shape["batch"], channels, shape["size"], shape["size"]).to(memory_format=layout).requires_grad_()
    weight, bias = torch.ones(channels, requires_grad=True), torch.zeros(channels, requires_grad=True)
    mean, var = torch.zeros(channels), torch.ones(channels)
    return passes_of(lambda: batch_norm(x, mean, var, weight, bias, training=True), [x, weight, bias])


def layer_norm_row(shape, _):
    """Layer normalisation over the last axis."""
    features = (shape["features"],)
    x = torch.randn(shape["batch"], shape["length"], *features, requires_grad=True)
    weight, bias = torch.ones(features, requires_grad=True), torch.zeros(features, requires_grad=True)
    return passes_of(lambda: layer_norm(x, features, weight, bias), [x, weight, bias])


def group_norm_row(shape, layout):
    """Group normalisation of images."""
    channels = shape["channels"]
    x = torch.randn(shape["batch"], channels, shape["size"], shape["size"]).to(memory_format=layout).requires_grad_()
    weight, bias = torch.ones(channels, requires_grad=True), torch.zeros(channels, requires_grad=True)
    return passes_of(lambda: group_norm(x, shape["groups"], weight, bias), [x, weight, bias])


def loss_row(shape, _):
    """Softmax and cross-entropy."""
    logits = torch.randn(shape["batch"], shape["classes"], requires_grad=True)
    labels = torch.randint(shape["classes"], (shape["batch"],))
    return passes_of(lambda: cross_entropy(logits, labels), [logits])


def matmul_row(shape, _):
    """A product of square matrices."""
    a, b = (torch.randn(shape["size"], shape["size"], requires_grad=True) for _ in range(2))
    return passes_of(lambda: a @ b, [a, b])


def recurrent_row(shape, _):
    """A recurrent layer in training, from a state of zeros."""
    make = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[shape["op"]]
    layer = make(shape["inputs"], shape["units"])
    x = torch.randn(shape["steps"], shape["batch"], shape["inputs"], requires_grad=True)
    return passes_of(lambda: layer(x)[0], [x, *layer.parameters()])


def attention_row(shape, _):
    """Scaled dot-product attention."""
    size = [shape[key] for key in ("batch", "heads", "steps", "width")]
    q, k, v = (torch.randn(size, requires_grad=True) for _ in range(3))
    attend = torch.nn.functional.scaled_dot_product_attention
    return passes_of(lambda: attend(q, k, v, is_causal=shape["is_causal"]), [q, k, v])


def chain_row(shape, _):
    """x * a + b over and over with one element, driven from Python: most of the time is Python's and the autograd's."""
    a, b = torch.tensor(0.999, requires_grad=True), torch.tensor(1e-3)

    def forward():
        x = a
        for _ in range(shape["ops"] // 2):
            x = x * a + b
        return x

    return {"forward_backward": lambda: torch.autograd.grad(forward(), a)}


def train_row(shape, layout):
    """A training step with SGD in its fused form."""
    model = make_model(shape["model"]).to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
    images = torch.randn(shape["batch"], 1, 28, 28).to(memory_format=layout)
    labels = torch.randint(10, (shape["batch"],))

    def step():
        optimizer.zero_grad()
        cross_entropy(model(images), labels).backward()
        optimizer.step()

    return {"step": step}


def inference_row(shape, layout):
    """One pass over as many images as MNIST's test set has."""
    model = make_model(shape["model"]).to(memory_format=layout).eval()
    batches = torch.randn(shape["images"], 1, 28, 28).to(memory_format=layout).split(shape["batch"])

    def run(some):
        with torch.inference_mode():
            for images in some:
                model(images)

    run(batches[:2])  # warms up; the clock may run for a single pass
    return {"forward": lambda: run(batches)}


ROWS = {"conv1d": conv_row, "conv2d": conv_row, "conv_transpose1d": conv_row, "conv_transpose2d": conv_row,
        "conv2d_relu_max_pool2d": pooled_conv_row, "max_pool2d": pool_row, "batch_norm": norm_row,
        "layer_norm": layer_norm_row, "group_norm": group_norm_row, "cross_entropy": loss_row,
        "matmul": matmul_row, "lstm": recurrent_row, "gru": recurrent_row, "attention": attention_row,
        "mul_add_chain": chain_row, "train": train_row, "inference": inference_row}  # fmt: skip
WITHOUT_LAYOUT = ("conv1d", "conv_transpose1d", "layer_norm", "cross_entropy", "matmul", "lstm", "gru",
                  "attention", "mul_add_chain")  # fmt: skip


def milliseconds(call, seconds):
    """The mean time of a call over at least `seconds`, in as many calls as that takes, as Google Benchmark does it."""
    count, took = 0, 0.0
    while took < seconds:
        count = max(1, min(10 * count, math.ceil(1.4 * count * seconds / took))) if count else 1
        start = time.perf_counter()
        for _ in range(count):
            call()
        took = time.perf_counter() - start
    return took / count * 1e3


def measure(shape, seconds):
    """Milliseconds by layout and pass."""
    result = {}
    for layout in LAYOUTS[:1] if shape["op"] in WITHOUT_LAYOUT else LAYOUTS:
        calls = ROWS[shape["op"]](shape, memory_format(layout))
        for call in calls.values():
            if shape["op"] != "inference":  # which is warm already
                call()
        result[layout] = {name: milliseconds(call, seconds) for name, call in calls.items()}
    return result


def main(threads, seconds):
    """Answers the shapes that come in."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(json.loads(line), seconds)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))

"""Runs one op on random inputs, and stores the inputs, the output and the gradients."""

import torch
from golden_file import generator

# What an input can be made of: a shape alone means values from the normal distribution.


def scaled(shape, factor):
    """Values from a wide normal distribution, where a careless exp overflows."""
    return lambda rng: torch.randn(shape, generator=rng, dtype=torch.float64) * factor


def positive(shape):
    """Values in [0.5, 2.5)."""
    return lambda rng: torch.rand(shape, generator=rng, dtype=torch.float64) * 2 + 0.5


def probabilities(shape):
    """Values in [0, 1)."""
    return lambda rng: torch.rand(shape, generator=rng, dtype=torch.float64)


def away_from_zero(shape):
    """Values of both signs with 0.1 <= |x| < 2.1, for ops with a kink at zero."""

    def make(rng):
        size = torch.rand(shape, generator=rng, dtype=torch.float64) * 2 + 0.1
        return torch.where(torch.rand(shape, generator=rng) < 0.5, -size, size)

    return make


def distinct(shape):
    """Values in [-2, 2) without a tie, evenly spaced, in random order."""

    def make(rng):
        count = torch.Size(shape).numel()
        return (torch.randperm(count, generator=rng).to(torch.float64) * (4 / count) - 2).reshape(shape)

    return make


def indices(shape, below):
    """int64 values in [0, below)."""
    return lambda rng: torch.randint(below, shape, generator=rng)


def mask(shape):
    """bool values."""
    return lambda rng: torch.rand(shape, generator=rng) < 0.5


def make_inputs(name, specs):
    """The inputs of a case in float64 (or int64, bool), from shapes and the makers above."""
    rng = generator(name)
    return [
        spec(rng) if callable(spec) else torch.randn(spec, generator=rng, dtype=torch.float64) for spec in specs
    ]


def store_run(file, case, inputs, function, dtype):
    """Runs `function` on the inputs in `dtype`, and stores all that goes in and comes out under `case`."""
    inputs = [x.to(dtype).requires_grad_() if x.is_floating_point() else x for x in inputs]
    output = function(*inputs)
    upstream = torch.randn(output.shape, generator=generator(case + " upstream"), dtype=torch.float64).to(dtype)
    for i, x in enumerate(inputs):
        file.put(f"{case}.input{i}", x)
    file.put(f"{case}.output", output)
    file.put(f"{case}.grad_output", upstream)
    wanted = [i for i, x in enumerate(inputs) if x.requires_grad]
    for i, gradient in zip(wanted, torch.autograd.grad(output, [inputs[i] for i in wanted], upstream)):
        file.put(f"{case}.grad{i}", gradient)


def add_case(file, name, op, specs, function, *, float32=False, **attributes):
    """Stores the case <name>.f64, and with `float32` also <name>.f32 on the same values, rounded."""
    inputs = make_inputs(name, specs)
    for suffix, dtype in [("f64", torch.float64), ("f32", torch.float32)][: 2 if float32 else 1]:
        case = f"{name}.{suffix}"
        file.describe(case, op, **attributes)
        store_run(file, case, inputs, function, dtype)

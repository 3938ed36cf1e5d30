"""Golden cases of activations; every case has both dtypes."""

import torch
import torch.nn.functional as F
from op_case import add_case, away_from_zero, scaled


def between(shape, *kinks):
    """Values of a wide normal distribution, none within 0.05 of a kink."""

    def make(rng):
        values = torch.randn(shape, generator=rng, dtype=torch.float64) * 4
        for kink in kinks:
            distance = values - kink
            values = torch.where(distance.abs() < 0.05, kink + distance.sign() * 0.05 + distance, values)
        return values

    return make


SHAPE = (3, 4, 5)


def hardsigmoid(x):
    """F.hardsigmoid, whose backward takes 1/6 in float32 for float64 too."""
    return F.relu6(x + 3) / 6


# op, name, input, options
ACTIVATIONS = [
    ("gelu", "tanh", SHAPE, dict(approximate="tanh")),
    ("gelu", "tanh_wide", scaled((4, 9), 4), dict(approximate="tanh")),
    ("gelu", "wide", scaled((4, 9), 4), dict(approximate="none")),
    ("silu", "near", SHAPE, {}),
    ("silu", "wide", scaled((4, 9), 10), {}),
    ("elu", "near", away_from_zero(SHAPE), {}),
    ("elu", "wide", between((4, 9), 0), {}),
    ("elu", "small_alpha", between((4, 9), 0), dict(alpha=0.3)),
    ("elu", "large_alpha", between((4, 9), 0), dict(alpha=2.5)),
    ("hardswish", "wide", between((4, 9), -3, 3), {}),
    ("hardswish", "near", away_from_zero(SHAPE), {}),
    ("hardsigmoid", "wide", between((4, 9), -3, 3), {}),
    ("hardtanh", "near", between(SHAPE, -1, 1), {}),
    ("hardtanh", "asymmetric", between((4, 9), -2, 5), dict(min_val=-2.0, max_val=5.0)),
    ("relu6", "wide", between((4, 9), 0, 6), {}),
    ("relu6", "near", between(SHAPE, 0, 6), {}),
    ("leaky_relu", "steep", between((4, 9), 0), dict(negative_slope=0.3)),
    ("sigmoid", "wide", scaled((4, 9), 10), {}),
    ("tanh", "wide", scaled((4, 9), 4), {}),
    ("softplus", "wide", scaled((4, 9), 10), {}),
    ("softplus", "steep", between((4, 9), 20 / 3), dict(beta=3.0)),
    ("softplus", "early_threshold", between((4, 9), 2), dict(beta=0.5, threshold=1.0)),
]

# name, input, number of weights
PRELU = [
    ("one", (3, 4, 5), 1),
    ("channels", (2, 3, 2, 3), 3),
    ("channels_of_rows", (2, 3, 5), 3),
    ("channels_of_vectors", (4, 6), 6),
    ("vector", (7,), 1),
]


def add_activation_cases(file):
    """All cases of this page."""
    for op, name, spec, options in ACTIVATIONS:
        function = hardsigmoid if op == "hardsigmoid" else getattr(F, op)
        run = lambda x: function(x, **options)
        add_case(file, f"{op}_{name}", op, [spec], run, float32=True, **options)
    for name, shape, weights in PRELU:
        specs = [away_from_zero(shape), (weights,)]
        add_case(file, f"prelu_{name}", "prelu", specs, F.prelu, float32=True)

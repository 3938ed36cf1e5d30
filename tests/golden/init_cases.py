"""Golden bounds and deviations of the initialisations. The weights themselves depend on the generator's stream."""

import math

import torch
from torch.nn import init

SHAPES = [(6, 1, 5, 5), (64, 32, 3, 3), (16, 1, 3, 3), (128, 9216), (10, 84)]

# op, its function in PyTorch, whether it is uniform, its options
INITS = [
    ("kaiming_uniform", init.kaiming_uniform_, True, dict(a=math.sqrt(5))),
    ("kaiming_uniform", init.kaiming_uniform_, True, dict(nonlinearity="relu", mode="fan_out")),
    ("kaiming_normal", init.kaiming_normal_, False, dict(nonlinearity="relu", mode="fan_in")),
    ("kaiming_normal", init.kaiming_normal_, False, dict(nonlinearity="relu", mode="fan_out")),
    ("xavier_uniform", init.xavier_uniform_, True, dict(gain=1.0)),
    ("xavier_normal", init.xavier_normal_, False, dict(gain=1.0)),
    ("xavier_uniform", init.xavier_uniform_, True, dict(gain=5 / 3)),
]


def asked_for(function, uniform, shape, options):
    """The bound or deviation that PyTorch's initialisation asks its generator for, caught on the way."""
    caught = []

    class Recorder(torch.Tensor):
        def uniform_(self, low, high, generator=None):
            assert low == -high
            caught.append(high)
            return self

        def normal_(self, mean, std, generator=None):
            assert mean == 0
            caught.append(std)
            return self

    function(torch.empty(shape).as_subclass(Recorder), **options)
    (value,) = caught
    return float(value)


def add_init_cases(file):
    """Cases init<n>: the metadata has all, and the tensor init<n>.value the bound or deviation in float64."""
    for op, function, uniform, options in INITS:
        for shape in SHAPES:
            value = asked_for(function, uniform, shape, options)
            case = f"init{len(file.metadata):02}"
            file.describe(case, op, shape=shape, **options, **{"bound" if uniform else "std": value})
            file.put(f"{case}.value", torch.tensor(value, dtype=torch.float64))

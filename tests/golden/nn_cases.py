"""Golden cases of what networks are made of besides convolution: activations, normalisation, linear."""

import torch
import torch.nn.functional as F
from golden_file import generator
from op_case import add_case, away_from_zero, make_inputs, positive, scaled, store_run

ACTIVATIONS = [
    ("relu", away_from_zero((3, 4, 5)), F.relu, {}),
    ("leaky_relu", away_from_zero((3, 4, 5)), F.leaky_relu, dict(negative_slope=0.01)),
    ("leaky_relu", away_from_zero((3, 4, 5)), F.leaky_relu, dict(negative_slope=0.2)),
    ("sigmoid", (3, 4, 5), torch.sigmoid, {}),
    ("tanh", (3, 4, 5), torch.tanh, {}),
    ("gelu", (3, 4, 5), F.gelu, {}),
]

# name, x, whether it trains, whether it has a weight and a bias, momentum, eps
BATCH_NORM = [
    ("4d_training", (3, 4, 5, 6), True, True, 0.1, 1e-5),
    ("4d_eval", (3, 4, 5, 6), False, True, 0.1, 1e-5),
    ("2d_training", (8, 5), True, True, 0.1, 1e-5),
    ("2d_eval", (8, 5), False, True, 0.1, 1e-5),
    ("4d_training_plain", (2, 3, 4, 4), True, False, 0.3, 1e-3),
    ("4d_eval_plain", (2, 3, 4, 4), False, False, 0.1, 1e-3),
    ("4d_training_one_image", (1, 3, 5, 5), True, True, 0.1, 1e-5),
]


def add_activations(file):
    """Elementwise activations, softmax and log_softmax."""
    for op, spec, function, options in ACTIVATIONS:
        name = op + "".join(f"_{value}" for value in options.values()).replace(".", "p")
        add_case(file, name, op, [spec], lambda x: function(x, **options), float32=True, **options)
    for op, function in [("softmax", F.softmax), ("log_softmax", F.log_softmax)]:
        for shape, axis in [((4, 7), 1), ((4, 7), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((2, 3, 2, 3), 1)]:
            name = f"{op}_{len(shape)}d_axis{axis}".replace("-", "minus")
            add_case(file, name, op, [shape], lambda x: function(x, dim=axis), float32=len(shape) == 2, axis=axis)
        add_case(file, f"{op}_large", op, [scaled((4, 7), 400)], lambda x: function(x, dim=1), axis=1)


def add_batch_norm(file):
    """batch_norm: input0 is x, input1 the weight and input2 the bias (if affine=1); and the running statistics."""
    for name, shape, training, affine, momentum, eps in BATCH_NORM:
        channels = (shape[1],)
        inputs = make_inputs("batch_norm_" + name, [shape] + [positive(channels), channels] * affine)
        rng = generator("running " + name)
        mean = torch.randn(channels, generator=rng, dtype=torch.float64)
        var = torch.rand(channels, generator=rng, dtype=torch.float64) + 0.5
        for suffix, dtype in [("f64", torch.float64), ("f32", torch.float32)]:
            case = f"batch_norm_{name}.{suffix}"
            file.describe(case, "batch_norm", training=training, affine=affine, momentum=momentum, eps=eps)
            running_mean, running_var = mean.to(dtype), var.to(dtype)
            file.put(f"{case}.running_mean", running_mean)
            file.put(f"{case}.running_var", running_var)
            run = lambda x, w=None, b=None: F.batch_norm(
                x, running_mean, running_var, w, b, training=training, momentum=momentum, eps=eps
            )
            store_run(file, case, inputs, run, dtype)
            file.put(f"{case}.running_mean_after", running_mean)
            file.put(f"{case}.running_var_after", running_var)


def add_linear(file):
    """linear: input0 is x, input1 the weight (out, in), input2 the bias (if bias=1)."""
    for name, specs in [
        ("bias", [(4, 3), (5, 3), (5,)]),
        ("plain", [(4, 3), (5, 3)]),
        ("3d_bias", [(2, 4, 3), (5, 3), (5,)]),
        ("wide_bias", [(7, 33), (19, 33), (19,)]),
    ]:
        add_case(file, f"linear_{name}", "linear", specs, F.linear, float32=True, bias=len(specs) == 3)


def add_network_cases(file):
    """All cases of this page."""
    add_activations(file)
    add_batch_norm(file)
    add_linear(file)

"""Golden cases of layer, RMS, group and instance normalisation; every case has both dtypes."""

import torch
import torch.nn.functional as F
from golden_file import generator
from op_case import add_case, make_inputs, positive, store_run

# name, x, how many of its last axes, whether weight and bias, and what differs from the defaults
LAYER_NORM = [
    ("plain", (3, 7), 1, "", {}),
    ("weight", (3, 7), 1, "w", {}),
    ("affine", (3, 8), 1, "wb", {}),
    ("one_row", (6,), 1, "wb", {}),
    ("wide", (1, 37), 1, "wb", {}),
    ("sequence", (2, 3, 5), 1, "wb", {}),
    ("two_axes", (3, 2, 4), 2, "wb", {}),
    ("image", (2, 2, 3, 3), 3, "wb", {}),
    ("everything", (2, 3, 4), 3, "wb", {}),
    ("eps", (3, 6), 1, "wb", dict(eps=0.1)),
    ("eps_plain", (2, 2, 5), 1, "", dict(eps=1e-3)),
]
RMS_NORM = [
    ("plain", (3, 7), 1, "", {}),
    ("weight", (3, 8), 1, "w", {}),
    ("wide", (1, 37), 1, "w", {}),
    ("sequence", (2, 3, 5), 1, "w", {}),
    ("two_axes", (3, 2, 4), 2, "w", {}),
    ("eps", (3, 6), 1, "w", dict(eps=0.1)),
    ("eps_plain", (2, 2, 5), 1, "", dict(eps=1e-6)),
]

# name, x, groups, whether weight and bias, and what differs from the defaults
GROUP_NORM = [
    ("plain", (2, 4, 2, 3), 2, "", {}),
    ("affine", (2, 4, 2, 3), 2, "wb", {}),
    ("weight", (2, 4, 3), 2, "w", {}),
    ("one_group", (2, 3, 2, 3), 1, "wb", {}),
    ("group_of_one", (2, 3, 2, 3), 3, "wb", {}),
    ("vectors", (3, 6), 2, "wb", {}),
    ("vectors_one_group", (3, 5), 1, "wb", {}),
    ("rows", (2, 6, 4), 3, "wb", {}),
    ("volumes", (1, 4, 2, 2, 3), 2, "wb", {}),
    ("wide", (1, 2, 5, 7), 1, "wb", {}),
    ("eps", (2, 4, 2, 3), 4, "wb", dict(eps=0.1)),
]

# name, x, affine, whether it tracks statistics, whether it trains, momentum, eps
INSTANCE_NORM = [
    ("plain", (2, 3, 3, 3), False, False, True, 0.1, 1e-5),
    ("affine", (2, 3, 3, 4), True, False, True, 0.1, 1e-5),
    ("rows", (2, 3, 7), True, False, True, 0.1, 1e-3),
    ("eval", (2, 2, 3, 3), True, False, False, 0.1, 1e-5),
    ("tracked", (3, 2, 2, 4), True, True, True, 0.1, 1e-5),
    ("tracked_plain", (2, 3, 3, 2), False, True, True, 0.3, 1e-3),
    ("tracked_eval", (3, 2, 2, 4), True, True, False, 0.1, 1e-5),
    ("tracked_eval_plain", (2, 3, 3, 2), False, True, False, 0.1, 1e-3),
]


def parameters(shape, wanted):
    """A weight and a bias, as far as they are wanted."""
    return [positive(shape)] * ("w" in wanted) + [shape] * ("b" in wanted)


def add_last_axes(file):
    """layer_norm and rms_norm: input0 is x, input1 the weight, input2 the bias."""
    for op, rows in [("layer_norm", LAYER_NORM), ("rms_norm", RMS_NORM)]:
        for name, shape, axes, wanted, options in rows:
            normalized = shape[-axes:]
            run = lambda x, *rest: getattr(F, op)(x, normalized, *rest, **options)
            specs = [shape] + parameters(normalized, wanted)
            add_case(file, f"{op}_{name}", op, specs, run, float32=True, normalized_shape=normalized, **options)


def add_group_norm(file):
    """group_norm: input0 is x, input1 the weight, input2 the bias."""
    for name, shape, groups, wanted, options in GROUP_NORM:
        run = lambda x, *rest: F.group_norm(x, groups, *rest, **options)
        specs = [shape] + parameters((shape[1],), wanted)
        add_case(file, f"group_norm_{name}", "group_norm", specs, run, float32=True, num_groups=groups, **options)


def add_instance_norm(file):
    """instance_norm: the same, and with tracks=1 the running statistics before and after."""
    for name, shape, affine, tracks, training, momentum, eps in INSTANCE_NORM:
        channels = (shape[1],)
        inputs = make_inputs("instance_norm_" + name, [shape] + parameters(channels, "wb" * affine))
        rng = generator("running " + name)
        mean = torch.randn(channels, generator=rng, dtype=torch.float64)
        var = torch.rand(channels, generator=rng, dtype=torch.float64) + 0.5
        for suffix, dtype in [("f64", torch.float64), ("f32", torch.float32)]:
            case = f"instance_norm_{name}.{suffix}"
            file.describe(case, "instance_norm", tracks=tracks, training=training, momentum=momentum, eps=eps)
            running = [mean.to(dtype), var.to(dtype)] if tracks else [None, None]
            if tracks:
                file.put(f"{case}.running_mean", running[0])
                file.put(f"{case}.running_var", running[1])
            run = lambda x, *rest: F.instance_norm(
                x, *running, *rest, use_input_stats=training or not tracks, momentum=momentum, eps=eps
            )
            store_run(file, case, inputs, run, dtype)
            if tracks:
                file.put(f"{case}.running_mean_after", running[0])
                file.put(f"{case}.running_var_after", running[1])


def add_norm_cases(file):
    """All cases of this page."""
    add_last_axes(file)
    add_group_norm(file)
    add_instance_norm(file)

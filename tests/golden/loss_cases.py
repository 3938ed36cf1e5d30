"""Golden cases of the losses: input0 is the prediction, input1 what is wanted, <case>.weight the weight."""

import warnings

import torch
import torch.nn.functional as F
from golden_file import generator
from op_case import add_case, distinct, indices, probabilities, scaled

REDUCTIONS = ("mean", "sum", "none")

# name, prediction [N, C, ...], options besides the reduction; labels that are ignored stand in them too
LABELS = [
    ("plain", (6, 5), {}),
    ("one_class", (4, 1), {}),
    ("image", (2, 4, 3, 2), {}),
    ("ignored", (7, 3), dict(ignore_index=1)),
    ("ignored_default", (5, 4), dict(ignore_index=-100)),
    ("weight", (6, 5), dict(weight=5)),
    ("weight_ignored", (7, 4), dict(weight=4, ignore_index=2)),
    ("weight_row", (2, 3, 4), dict(weight=3)),
]
# The same for cross_entropy alone
SMOOTHED = [
    ("smoothed", (6, 5), dict(label_smoothing=0.1)),
    ("smoothed_fully", (4, 3), dict(label_smoothing=1.0)),
    ("smoothed_ignored", (7, 3), dict(label_smoothing=0.2, ignore_index=0)),
    ("smoothed_weight", (6, 5), dict(label_smoothing=0.3, weight=5)),
    ("smoothed_weight_ignored", (2, 3, 4), dict(label_smoothing=0.2, weight=3, ignore_index=1)),
]
PROBABILITIES = [
    ("probabilities", (4, 5), {}),
    ("probabilities_image", (2, 3, 2, 2), {}),
    ("probabilities_smoothed", (4, 5), dict(label_smoothing=0.1)),
    ("probabilities_weight", (4, 5), dict(weight=5)),
    ("probabilities_smoothed_weight", (2, 4, 3), dict(label_smoothing=0.25, weight=4)),
]

# op, name, prediction, target, options
POINTWISE = [
    ("mse_loss", "plain", (4, 3), (4, 3), {}),
    ("l1_loss", "plain", distinct((4, 3)), (4, 3), {}),
    ("smooth_l1_loss", "plain", scaled((4, 5), 1.5), (4, 5), {}),
    ("smooth_l1_loss", "beta", (4, 5), (4, 5), dict(beta=0.5)),
    ("smooth_l1_loss", "beta_0", (4, 5), (4, 5), dict(beta=0.0)),
    ("huber_loss", "plain", scaled((4, 5), 1.5), (4, 5), {}),
    ("huber_loss", "delta", (4, 5), (4, 5), dict(delta=0.4)),
    ("kl_div", "plain", (4, 3), probabilities((4, 3)), {}),
    ("kl_div", "log_target", (4, 3), (4, 3), dict(log_target=True)),
    ("binary_cross_entropy", "plain", probabilities((4, 3)), probabilities((4, 3)), {}),
    ("binary_cross_entropy", "weight", probabilities((4, 3)), probabilities((4, 3)), dict(weight=(4, 3))),
    ("binary_cross_entropy", "weight_row", probabilities((4, 3)), probabilities((4, 3)), dict(weight=(3,))),
    ("binary_cross_entropy_with_logits", "plain", (4, 3), probabilities((4, 3)), {}),
    ("binary_cross_entropy_with_logits", "large", scaled((4, 3), 100), probabilities((4, 3)), {}),
    ("binary_cross_entropy_with_logits", "weight", (4, 3), probabilities((4, 3)), dict(weight=(4, 1))),
    ("binary_cross_entropy_with_logits", "pos_weight", (4, 3), probabilities((4, 3)), dict(pos_weight=(3,))),
    ("binary_cross_entropy_with_logits", "both", (2, 3, 2), probabilities((2, 3, 2)),
     dict(weight=(2, 3, 2), pos_weight=(3, 1))),
]  # fmt: skip


def labels(shape, ignore_index=None):
    """Labels for predictions of a shape, of which some are ignored."""
    shape, classes = shape[:1] + shape[2:], shape[1]

    def make(rng):
        drawn = indices(shape, classes)(rng)
        if ignore_index is not None:
            drawn.view(-1)[1::3] = ignore_index
        return drawn

    return make


def add_loss(file, op, name, prediction, target, reduction, weights, options):
    """One loss with one reduction; `weights` are the shapes of the weights among its options."""
    case = f"{op}_{name}_{reduction}"
    values = {key: torch.rand(shape, generator=generator(case + key), dtype=torch.float64) + 0.5
              for key, shape in weights.items()}  # fmt: skip

    def run(x, y):
        cast = {key: value.to(x.dtype) for key, value in values.items()}
        return getattr(F, op)(x, y, reduction=reduction, **options, **cast)

    add_case(file, case, op, [prediction, target], run, float32=True, reduction=reduction, **options)
    for suffix, dtype in [("f64", torch.float64), ("f32", torch.float32)]:
        for key, value in values.items():
            file.put(f"{case}.{suffix}.{key}", value.to(dtype))


def add_loss_cases(file):
    """All losses."""
    warnings.filterwarnings("ignore", message="reduction: 'mean' divides")  # kl_div has it too, if it is asked for
    is_weight = lambda key: key in ("weight", "pos_weight")
    cases = []
    for op, rows in [("nll_loss", LABELS), ("cross_entropy", LABELS + SMOOTHED)]:
        cases += [(op, name, shape, labels(shape, options.get("ignore_index")), options)
                  for name, shape, options in rows]  # fmt: skip
    cases += [("cross_entropy", name, shape, probabilities(shape), options) for name, shape, options in PROBABILITIES]
    for op, name, prediction, target, options in cases + POINTWISE:
        weights = {key: value for key, value in options.items() if is_weight(key)}
        others = {key: value for key, value in options.items() if not is_weight(key)}
        for reduction in REDUCTIONS + ("batchmean",) * (op == "kl_div"):
            add_loss(file, op, name, prediction, target, reduction, weights, others)

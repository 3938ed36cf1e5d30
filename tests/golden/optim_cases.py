"""Golden cases of optimizers, learning-rate schedules, clipping and averages of weights, each over 100 steps."""

from functools import partial

import torch
from golden_file import generator
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim import lr_scheduler as lrs
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

SHAPES = [(2, 3), (4,)]
STEPS = 100
KEPT_STEPS = (1, 10, 100)
DTYPES = {"f64": torch.float64, "f32": torch.float32}

MAKERS = {"sgd": SGD, "adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "adagrad": Adagrad}
# Of each group; those that are not given are PyTorch's defaults.
OPTIMIZERS = [
    ("sgd", dict(lr=0.1)),
    ("sgd", dict(lr=0.1, momentum=0.9)),
    ("sgd", dict(lr=0.1, momentum=0.9, dampening=0.5)),
    ("sgd", dict(lr=0.1, momentum=0.9, nesterov=True)),
    ("sgd", dict(lr=0.1, weight_decay=0.05)),
    ("sgd", dict(lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.05)),
    ("sgd", dict(lr=0.1, momentum=0.9), dict(lr=0.01)),
    ("adam", dict()),
    ("adam", dict(lr=0.01, weight_decay=0.05)),
    ("adam", dict(lr=0.05, betas=(0.8, 0.95), eps=1e-3)),
    ("adam", dict(lr=0.01, amsgrad=True)),
    ("adam", dict(lr=0.01, betas=(0.5, 0.9)), dict(lr=0.03, amsgrad=True, weight_decay=0.1)),
    ("adamw", dict()),
    ("adamw", dict(lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.3)),
    ("adamw", dict(lr=0.02, amsgrad=True, weight_decay=0.1)),
    ("adamw", dict(lr=0.02), dict(lr=0.01, weight_decay=0.0)),
    ("rmsprop", dict()),
    ("rmsprop", dict(lr=0.02, alpha=0.9, eps=1e-4)),
    ("rmsprop", dict(lr=0.005, momentum=0.9)),
    ("rmsprop", dict(centered=True, alpha=0.95)),
    ("rmsprop", dict(lr=0.005, momentum=0.8, centered=True, weight_decay=0.1)),
    ("rmsprop", dict(lr=0.02), dict(momentum=0.5)),
    ("adagrad", dict()),
    ("adagrad", dict(lr=0.1, lr_decay=0.05)),
    ("adagrad", dict(lr=0.1, initial_accumulator_value=0.5, eps=1e-3)),
    ("adagrad", dict(lr=0.05, weight_decay=0.1)),
    ("adagrad", dict(lr=0.05), dict(lr=0.2, lr_decay=0.01)),
]

TWO = dict(lrs=(0.1, 0.003))  # two groups
WARM_UP = ("linear", dict(start_factor=0.1, total_iters=10))
# The op and its options; and of what is made of others, these.
SCHEDULES = [
    ("lambda", dict()),
    ("step", dict(step_size=30)),
    ("step", dict(step_size=3, gamma=0.9), TWO),
    ("multi_step", dict(milestones=[10, 40, 80])),
    ("multi_step", dict(milestones=[5, 5, 60], gamma=0.5), TWO),
    ("exponential", dict(gamma=0.95), TWO),
    ("constant", dict()),
    ("constant", dict(factor=0.25, total_iters=40), TWO),
    ("linear", dict()),
    ("linear", dict(start_factor=0.01, total_iters=30), TWO),
    ("linear", dict(start_factor=1.0, end_factor=0.1, total_iters=70)),
    ("cosine", dict(T_max=100)),
    ("cosine", dict(T_max=20, eta_min=0.001), TWO),
    ("restarts", dict(T_0=10)),
    ("restarts", dict(T_0=7, T_mult=2, eta_min=0.0005), TWO),
    ("restarts", dict(T_0=1, T_mult=3)),
    ("one_cycle", dict(max_lr=0.1, total_steps=STEPS)),
    ("one_cycle", dict(max_lr=0.5, total_steps=STEPS, pct_start=0.1, base_momentum=0.7, max_momentum=0.9,
                       div_factor=10, final_div_factor=100), TWO),
    ("one_cycle", dict(max_lr=0.1, total_steps=STEPS, pct_start=0.45, cycle_momentum=False)),
    ("sequential", dict(milestones=[10]), WARM_UP, ("cosine", dict(T_max=90))),
    ("sequential", dict(milestones=[10, 40]), WARM_UP, ("constant", dict(factor=0.5, total_iters=20)),
     ("exponential", dict(gamma=0.9)), TWO),
    ("sequential", dict(milestones=[5]), ("constant", dict(factor=0.1)), ("restarts", dict(T_0=12))),
    ("sequential", dict(milestones=[0]), WARM_UP, ("multi_step", dict(milestones=[30], gamma=0.3))),
    ("chained", dict(), WARM_UP, ("exponential", dict(gamma=0.97)), TWO),
    ("chained", dict(), WARM_UP, ("cosine", dict(T_max=STEPS))),
    ("chained", dict(), ("constant", dict()), ("multi_step", dict(milestones=[20, 50])), ("step", dict(step_size=25))),
    ("plateau", dict()),
    ("plateau", dict(mode="max", factor=0.5, patience=3, cooldown=4), TWO),
    ("plateau", dict(factor=0.3, patience=2, threshold=0.05, threshold_mode="abs", min_lr=0.002), TWO),
    ("plateau", dict(mode="max", patience=1, threshold=0.2, threshold_mode="abs", eps=1e-3)),
    ("plateau", dict(factor=0.7, patience=0, threshold=0.1), WARM_UP),
]  # fmt: skip
SCHEDULERS = {
    "lambda": partial(lrs.LambdaLR, lr_lambda=lambda step: 1 / (1 + step)),
    "step": lrs.StepLR,
    "multi_step": lrs.MultiStepLR,
    "exponential": lrs.ExponentialLR,
    "constant": lrs.ConstantLR,
    "linear": lrs.LinearLR,
    "cosine": lrs.CosineAnnealingLR,
    "restarts": lrs.CosineAnnealingWarmRestarts,
    "one_cycle": lrs.OneCycleLR,
    "plateau": lrs.ReduceLROnPlateau,
}

CLIPPINGS = [
    ("clip_grad_norm", dict(max_norm=1.0)),
    ("clip_grad_norm", dict(max_norm=100.0)),
    ("clip_grad_norm", dict(max_norm=1.5, norm_type=1.0)),
    ("clip_grad_norm", dict(max_norm=0.5, norm_type=3.0)),
    ("clip_grad_norm", dict(max_norm=0.5, norm_type=float("inf"))),
    ("clip_grad_value", dict(clip_value=0.5)),
]


def random_tensors(name, count=()):
    """One float64 tensor of each shape, or so many of each."""
    rng = generator(name)
    return [torch.randn((*count, *shape), generator=rng, dtype=torch.float64) for shape in SHAPES]


def new_parameters(dtype=torch.float64):
    """The initial parameters, the same for every optimizer."""
    return [torch.nn.Parameter(x.to(dtype)) for x in random_tensors("optim initial")]


def flat(tensors):
    """All numbers of a list of tensors in a row."""
    return torch.cat([t.detach().reshape(-1) for t in tensors])


def grouped(options):
    """The options of several groups as one: `lr`, and `1.lr` of the second."""
    return {(f"{g}.{key}" if g else key): value for g, group in enumerate(options) for key, value in group.items()}


def add_optimizer(file, case, op, options, dtype, gradients):
    """<case>.after [kept step, number of all parameters]."""
    parameters = new_parameters(dtype)
    if len(options) == 1:
        optimizer = MAKERS[op](parameters, **options[0])
    else:
        optimizer = MAKERS[op]([{"params": [p], **group} for p, group in zip(parameters, options)])
    kept = []
    for step in range(STEPS):
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient[step].to(dtype)
        optimizer.step()
        if step + 1 in KEPT_STEPS:
            kept.append(flat(parameters))
    file.describe(case, op, **grouped(options))
    file.put(f"{case}.after", torch.stack(kept))


def add_optimizers(file):
    """initial<p>, gradient<p> [step, ...], and of each case what add_optimizer puts."""
    gradients = random_tensors("optim gradients", (STEPS,))
    for p, (parameter, gradient) in enumerate(zip(new_parameters(), gradients)):
        file.put(f"initial{p}", parameter)
        file.put(f"gradient{p}", gradient)
    for number, (op, *options) in enumerate(OPTIMIZERS):
        for name, dtype in DTYPES.items():
            add_optimizer(file, f"{op}{number}.{name}", op, options, dtype, gradients)


def make_schedule(op, optimizer, options, parts):
    """A PyTorch scheduler."""
    if op in ("sequential", "chained"):
        made = [make_schedule(part, optimizer, its, ()) for part, its in parts]
        return lrs.SequentialLR(optimizer, made, **options) if op == "sequential" else lrs.ChainedScheduler(made)
    return SCHEDULERS[op](optimizer, **options)


def add_schedule(file, case, op, options, parts, lrs=(0.1,)):
    """<case>.lr [step, group] (and .momentum): entry i is what the optimizer's step i (from 0) is taken with.

    A plateau is given file's `metric`, and has the first of its parts beside it.
    """
    optimizer = SGD([{"params": [p], "lr": lr} for p, lr in zip(new_parameters(), lrs)], momentum=0.9)
    schedule = make_schedule(op, optimizer, options, parts)
    beside = [make_schedule(part, optimizer, its, ()) for part, its in parts if op == "plateau"]
    rates, momenta = [], []
    for step in range(STEPS):
        rates.append([group["lr"] for group in optimizer.param_groups])
        momenta.append([group["momentum"] for group in optimizer.param_groups])
        optimizer.step()
        if step + 1 == STEPS:
            break
        schedule.step(*([file.tensors["metric"][step].item()] if op == "plateau" else []))
        for other in beside:
            other.step()
    described = options | {f"{i}.{key}": value for i, (part, its) in enumerate(parts)
                           for key, value in ({"op": part} | its).items()}  # fmt: skip
    file.describe(case, op, lrs=lrs, **described)
    file.put(f"{case}.lr", torch.tensor(rates, dtype=torch.float64))
    if op == "one_cycle":
        file.put(f"{case}.momentum", torch.tensor(momenta, dtype=torch.float64))


def add_schedules(file):
    """`metric` [step], and of each case what add_schedule puts."""
    noise = torch.rand((STEPS,), generator=generator("metric"), dtype=torch.float64)
    file.put("metric", 1 / (1 + 0.1 * torch.arange(STEPS)) + 0.2 * noise)
    for number, (op, options, *rest) in enumerate(SCHEDULES):
        parts = [part for part in rest if isinstance(part, tuple)]
        more = next((part for part in rest if isinstance(part, dict)), {})
        add_schedule(file, f"{op}{number}", op, options, parts, **more)


def add_clipping(file):
    """<case>.before, <case>.after and for the norm <case>.total_norm (of all gradients together, before)."""
    for number, (op, options) in enumerate(CLIPPINGS):
        case = f"{op}{number}"
        parameters = new_parameters()
        for parameter, gradient in zip(parameters, random_tensors(case)):
            parameter.grad = gradient
        file.put(f"{case}.before", flat(p.grad for p in parameters))
        norm = getattr(torch.nn.utils, f"{op}_")(parameters, **options)
        file.put(f"{case}.after", flat(p.grad for p in parameters))
        if norm is not None:
            file.put(f"{case}.total_norm", norm)
        file.describe(case, op, **options)


def add_averages(file):
    """<case>.after [kept step, number]: averages of weights that are initial<p> + gradient<p>[step]."""
    for decay in (0.9, 0.999):
        for name, dtype in DTYPES.items():
            model = torch.nn.ParameterList(new_parameters(dtype))
            averaged = AveragedModel(model, avg_fn=get_ema_avg_fn(decay))
            kept = []
            for step in range(STEPS):
                for p, parameter in enumerate(model):
                    moved = file.tensors[f"initial{p}"] + file.tensors[f"gradient{p}"][step]
                    parameter.data = moved.to(dtype)
                averaged.update_parameters(model)
                if step + 1 in KEPT_STEPS:
                    kept.append(flat(averaged.parameters()))
            case = f"ema_{decay}.{name}"
            file.describe(case, "ema", decay=decay)
            file.put(f"{case}.after", torch.stack(kept))


def add_optim_cases(file):
    """All cases of this page."""
    add_optimizers(file)
    add_schedules(file)
    add_clipping(file)
    add_averages(file)

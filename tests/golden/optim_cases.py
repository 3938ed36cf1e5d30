"""Golden cases of optimizers, learning-rate schedules and gradient clipping, all in float64."""

import torch
from golden_file import generator
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR

SHAPES = [(3, 4), (5,)]
STEPS = 20
KEPT_STEPS = (1, 2, 5, 20)

SGD_PLAIN = dict(lr=0.1, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0)
ADAM = dict(lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
OPTIMIZERS = [
    ("sgd_plain", "sgd", SGD, SGD_PLAIN),
    ("sgd_momentum", "sgd", SGD, SGD_PLAIN | dict(momentum=0.9)),
    ("sgd_dampening", "sgd", SGD, SGD_PLAIN | dict(momentum=0.9, dampening=0.5)),
    ("sgd_nesterov", "sgd", SGD, SGD_PLAIN | dict(momentum=0.9, nesterov=True)),
    ("sgd_weight_decay", "sgd", SGD, SGD_PLAIN | dict(weight_decay=0.05)),
    ("sgd_everything", "sgd", SGD, SGD_PLAIN | dict(momentum=0.8, nesterov=True, weight_decay=0.05)),
    ("adam", "adam", Adam, ADAM),
    ("adam_weight_decay", "adam", Adam, ADAM | dict(weight_decay=0.05)),
    ("adam_options", "adam", Adam, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.0)),
    ("adamw", "adamw", AdamW, ADAM | dict(weight_decay=0.01)),
    ("adamw_strong_decay", "adamw", AdamW, dict(lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.3)),
]


def random_tensors(name):
    """One tensor of each shape."""
    rng = generator(name)
    return [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in SHAPES]


def new_parameters():
    """The initial parameters, the same for every optimizer."""
    return [torch.nn.Parameter(x) for x in random_tensors("optim initial")]


def add_optimizers(file):
    """initial.param<p>, gradient.step<s>.param<p> for s = 1..20, and <case>.step<s>.param<p> after s steps."""
    for p, parameter in enumerate(new_parameters()):
        file.put(f"initial.param{p}", parameter)
    gradients = {step: random_tensors(f"optim gradient {step}") for step in range(1, STEPS + 1)}
    for step, tensors in gradients.items():
        for p, gradient in enumerate(tensors):
            file.put(f"gradient.step{step}.param{p}", gradient)
    for case, op, optimizer_type, options in OPTIMIZERS:
        file.describe(case, op, **options)
        parameters = new_parameters()
        optimizer = optimizer_type(parameters, **options)
        for step, tensors in gradients.items():
            for parameter, gradient in zip(parameters, tensors):
                parameter.grad = gradient.clone()
            optimizer.step()
            if step in KEPT_STEPS:
                for p, parameter in enumerate(parameters):
                    file.put(f"{case}.step{step}.param{p}", parameter)


def add_schedule(file, case, op, make, lr, **options):
    """<case>.lr and <case>.momentum: entry i is what the optimizer's step i (from 0) is taken with."""
    optimizer = SGD(new_parameters(), lr=lr, momentum=0.9)
    schedule = make(optimizer, **options)
    rates, momenta = [], []
    for step in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if step + 1 < STEPS:
            schedule.step()
    file.describe(case, op, lr=lr, momentum=0.9, **options)
    file.put(f"{case}.lr", torch.tensor(rates, dtype=torch.float64))
    file.put(f"{case}.momentum", torch.tensor(momenta, dtype=torch.float64))


def add_schedules(file):
    """The learning-rate schedules over 20 steps."""
    add_schedule(file, "step_lr", "step_lr", StepLR, 0.1, step_size=3, gamma=0.5)
    add_schedule(file, "cosine", "cosine_annealing_lr", CosineAnnealingLR, 0.1, T_max=10, eta_min=0.001)
    add_schedule(file, "cosine_whole", "cosine_annealing_lr", CosineAnnealingLR, 0.1, T_max=20, eta_min=0.0)
    # all but max_lr and total_steps are PyTorch's defaults, written out
    one_cycle = dict(max_lr=0.1, total_steps=STEPS, pct_start=0.3, anneal_strategy="cos", cycle_momentum=True,
                     base_momentum=0.85, max_momentum=0.95, div_factor=25.0, final_div_factor=1e4)  # fmt: skip
    add_schedule(file, "one_cycle", "one_cycle_lr", OneCycleLR, 0.1, **one_cycle)


def add_clipping(file):
    """<case>.before<p>, <case>.after<p>, and for the norm <case>.total_norm (of all gradients together, before)."""
    for case, op, clip, limit in [
        ("clip_norm", "clip_grad_norm", torch.nn.utils.clip_grad_norm_, 1.0),
        ("clip_norm_unchanged", "clip_grad_norm", torch.nn.utils.clip_grad_norm_, 100.0),
        ("clip_value", "clip_grad_value", torch.nn.utils.clip_grad_value_, 0.5),
    ]:
        parameters = new_parameters()
        for p, (parameter, gradient) in enumerate(zip(parameters, random_tensors(case))):
            parameter.grad = gradient
            file.put(f"{case}.before{p}", gradient)
        norm = clip(parameters, limit)
        for p, parameter in enumerate(parameters):
            file.put(f"{case}.after{p}", parameter.grad)
        if norm is not None:
            file.put(f"{case}.total_norm", norm)
        file.describe(case, op, **{"max_norm" if norm is not None else "clip_value": limit})


def add_optim_cases(file):
    """All cases of this page."""
    add_optimizers(file)
    add_schedules(file)
    add_clipping(file)

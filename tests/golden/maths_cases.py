"""Golden cases of functions, powers, bounds, running totals, order and sums of products."""

import torch
from op_case import add_case, away_from_zero, distinct, indices, positive, probabilities, scaled


def values(*numbers):
    """These numbers."""
    return lambda rng: torch.tensor(numbers, dtype=torch.float64)


def with_zeros(shape, step):
    """Values from the normal distribution of which every `step`-th is 0."""

    def make(rng):
        x = torch.randn(shape, generator=rng, dtype=torch.float64)
        x.view(-1)[::step] = 0
        return x

    return make


def above_one(shape):
    """Values in [1.1, 2.1)."""
    return lambda rng: torch.rand(shape, generator=rng, dtype=torch.float64) + 1.1


def inside_one(shape):
    """Values in [-0.9, 0.9)."""
    return lambda rng: torch.rand(shape, generator=rng, dtype=torch.float64) * 1.8 - 0.9


SHAPE = (3, 4, 5)
UNARY = {
    SHAPE: "square exp2 expm1 sin cos tan atan sinh cosh asinh erf erfc sign frac",
    scaled(SHAPE, 4): "floor ceil round trunc",
    positive(SHAPE): "log2 log10 log1p rsqrt reciprocal",
    inside_one(SHAPE): "asin acos atanh",
    above_one(SHAPE): "acosh",
}
# op, name, inputs
BINARY = [
    ("pow", "row", [positive((4, 3)), (3,)]),
    ("pow", "both", [positive((4, 1, 3)), (2, 1)]),
    ("pow", "at_zeros", [values(0.0, 0.0, 0.0, 2.0), values(0.0, 1.0, 2.5, 0.0)]),
    ("atan2", "column", [away_from_zero((4, 3)), away_from_zero((4, 1))]),
    ("atan2", "at_zero", [values(0.0, 1.0, -1.0), values(0.0, 0.0, 0.0)]),
    ("hypot", "row", [away_from_zero((4, 3)), (3,)]),
    ("fmod", "row", [scaled((4, 3), 5), away_from_zero((3,))]),
    ("remainder", "row", [scaled((4, 3), 5), away_from_zero((3,))]),
    ("lerp", "tensor", [(4, 3), (3,), probabilities((4, 3))]),
]
# name, p, input
NORMS = [
    ("2", 2.0, SHAPE),
    ("2_at_zero", 2.0, lambda rng: torch.zeros(SHAPE, dtype=torch.float64)),
    ("1", 1.0, away_from_zero(SHAPE)),
    ("3", 3.0, with_zeros(SHAPE, 7)),
    ("1_5", 1.5, with_zeros(SHAPE, 7)),
    ("0_5", 0.5, with_zeros(SHAPE, 7)),
    ("minus_1", -1.0, away_from_zero(SHAPE)),
    ("minus_2_zeros", -2.0, with_zeros(SHAPE, 7)),
    ("inf", float("inf"), distinct(SHAPE)),
    ("minus_inf", -float("inf"), distinct(SHAPE)),
]
AXES = [(1,), (0, 2), (-1,), None]
EINSUMS = [
    ("matmul", "ij,jk->ik", [(3, 4), (4, 5)]),
    ("implicit", "ij,jk", [(3, 4), (4, 5)]),
    ("implicit_order", "ba", [(3, 4)]),
    ("transposed", "ji,kj->ki", [(4, 3), (5, 4)]),
    ("batched", "bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
    ("attention", "bqhd,bkhd->bhqk", [(2, 3, 2, 4), (2, 5, 2, 4)]),
    ("attention_back", "bhqk,bkhd->bqhd", [(2, 2, 3, 5), (2, 5, 2, 4)]),
    ("two_common", "aijb,ijc->acb", [(2, 3, 4, 2), (3, 4, 5)]),
    ("dot", "i,i->", [(7,), (7,)]),
    ("rows", "bi,bi->b", [(3, 4), (3, 4)]),
    ("elementwise", "ij,ji->ij", [(3, 4), (4, 3)]),
    ("outer", "i,j->ij", [(3,), (4,)]),
    ("outer_swapped", "i,j->ji", [(3,), (4,)]),
    ("bilinear", "ai,ijk,ak->aj", [(2, 3), (3, 4, 5), (2, 5)]),
    ("four", "ab,bc,cd,de->ae", [(2, 3), (3, 4), (4, 2), (2, 3)]),
    ("trace", "ii->", [(4, 4)]),
    ("diagonal", "ii->i", [(4, 4)]),
    ("batch_diagonal", "bii,bi->b", [(2, 3, 3), (2, 3)]),
    ("third_diagonal", "iii->i", [(3, 3, 3)]),
    ("sum", "ijk->j", [(2, 3, 4)]),
    ("sum_all", "ijk->", [(2, 3, 4)]),
    ("permute", "ijk->kij", [(2, 3, 4)]),
    ("early_sum", "ij,jk->k", [(3, 4), (4, 5)]),
    ("ellipsis", "...ij,...jk->...ik", [(2, 3, 3, 4), (3, 4, 5)]),
    ("ellipsis_implicit", "...ij,jk", [(2, 3, 4), (4, 5)]),
    ("ellipsis_summed", "...i->i", [(2, 3, 4)]),
    ("ellipsis_broadcast", "b...,b...->b...", [(2, 3, 1), (2, 1, 4)]),
    ("ellipsis_inside", "a...b,b->...a", [(2, 3, 4), (4,)]),
    ("broadcast_one", "ij,jk->ik", [(3, 1), (4, 5)]),
    ("spaces", " i j , j k -> i k ", [(3, 4), (4, 5)]),
]  # fmt: skip


def label(axes, keepdim=False):
    """A name for what is reduced."""
    text = "all" if axes is None else "axes" + "_".join(map(str, axes)).replace("-", "minus")
    return text + "_keepdim" * keepdim


def add_functions(file):
    """Functions of one tensor and of two, powers and bounds."""
    for spec, names in UNARY.items():
        for op in names.split():
            add_case(file, op, op, [spec], getattr(torch, op), float32=True)
    for op, name, specs in BINARY:
        add_case(file, f"{op}_{name}", op, specs, getattr(torch, op), float32=name != "at_zeros")
    for exponent in (2.0, 0.5, -1.0, 3.0, 1.7):
        run = lambda x: x.pow(exponent)
        add_case(file, f"pow_number_{exponent}", "pow_number", [positive(SHAPE)], run, exponent=exponent)
    for base in (0.5, 3.0):
        run = lambda x: torch.pow(base, x)
        add_case(file, f"pow_of_{base}", "pow_of", [SHAPE], run, base=base)
    for name, bounds in [("both", dict(low=-0.5, high=1.0)), ("low", dict(low=-0.5)), ("high", dict(high=0.25)),
                         ("crossed", dict(low=1.0, high=-1.0))]:  # fmt: skip
        run = lambda x: torch.clamp(x, bounds.get("low"), bounds.get("high"))
        add_case(file, f"clamp_{name}", "clamp", [SHAPE], run, float32=True, **bounds)
    run = lambda x: torch.clamp(x, -1.0, 1.0)
    add_case(file, "clamp_at_bounds", "clamp", [values(-1.0, 1.0, 0.0, 2.0)], run, low=-1.0, high=1.0)
    add_case(file, "lerp_number", "lerp_number", [(4, 3), (3,)], lambda a, b: torch.lerp(a, b, 0.3), weight=0.3)


def add_reductions(file):
    """stddev, prod, logsumexp and norm."""
    for axes in AXES:
        for keepdim in (False, True):
            name = label(axes, keepdim)
            every = dict(dim=axes or (0, 1, 2), keepdim=keepdim)
            known = dict(axes="all" if axes is None else axes, keepdim=keepdim)
            add_case(file, f"stddev_{name}", "stddev", [SHAPE], lambda x: torch.std(x, **every), **known)
            run = lambda x: torch.logsumexp(x, **every)
            add_case(file, f"logsumexp_{name}", "logsumexp", [scaled(SHAPE, 20)], run, float32=True, **known)
            if axes is None and not keepdim:
                add_case(file, f"prod_{name}", "prod", [with_zeros(SHAPE, 60)], torch.prod, **known)
            elif axes is not None and len(axes) == 1:
                run = lambda x: torch.prod(x, dim=axes[0], keepdim=keepdim)
                add_case(file, f"prod_{name}", "prod", [with_zeros(SHAPE, 6)], run, float32=True, **known)
    for name, p, spec in NORMS:
        for axes in (AXES[1:] if name == "2" else [(0, 2)]):
            run = lambda x: torch.linalg.vector_norm(x, p, axes)
            known = dict(p=p, axes="all" if axes is None else axes)
            add_case(file, f"norm_{name}_{label(axes)}", "norm", [spec], run, float32=p == 2, **known)
    run = lambda x: torch.std(x, correction=0)
    add_case(file, "stddev_at_zero", "stddev_biased", [lambda rng: torch.full((4,), 2.0, dtype=torch.float64)], run)


def add_along_axes(file):
    """cumsum, cumprod, sort and topk."""
    for axis in (0, 1, -1):
        name = f"axis{axis}".replace("-", "minus")
        add_case(file, f"cumsum_{name}", "cumsum", [SHAPE], lambda x: x.cumsum(axis), float32=True, axis=axis)
        for zeros in (100, 7):
            spec = [with_zeros(SHAPE, zeros)]
            add_case(file, f"cumprod_{name}_{zeros}", "cumprod", spec, lambda x: x.cumprod(axis), axis=axis)
        for flag in (False, True):
            run = lambda x: x.sort(dim=axis, descending=flag, stable=True).values
            add_case(file, f"sort_{name}_{int(flag)}", "sort", [SHAPE], run, float32=True, axis=axis, descending=flag)
            run = lambda x: x.topk(2, axis, largest=flag).values
            add_case(file, f"topk_{name}_{int(flag)}", "topk", [SHAPE], run, k=2, axis=axis, largest=flag)
    ties = [lambda rng: indices((4, 9), 3)(rng).to(torch.float64)]
    for flag in (False, True):
        run = lambda x: x.sort(dim=1, descending=flag, stable=True).values
        add_case(file, f"sort_ties_{int(flag)}", "sort", ties, run, axis=1, descending=flag)


def add_einsums(file):
    """Sums of products. The metadata has no room for spaces, so they stand as underscores."""
    for name, equation, shapes in EINSUMS:
        run = lambda *operands: torch.einsum(equation, *operands)
        known = dict(equation=equation.replace(" ", "_"))
        add_case(file, f"einsum_{name}", "einsum", shapes, run, float32=name in ("matmul", "attention"), **known)


def add_maths_cases(file):
    """All cases of this page."""
    add_functions(file)
    add_reductions(file)
    add_along_axes(file)
    add_einsums(file)

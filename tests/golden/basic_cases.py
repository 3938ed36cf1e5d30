"""Golden cases of arithmetic, reductions, matmul and indexing."""

import torch
from op_case import add_case, away_from_zero, distinct, indices, mask, positive

UNARY = [
    ("exp", (3, 5), torch.exp),
    ("log", positive((3, 5)), torch.log),
    ("sqrt", positive((3, 5)), torch.sqrt),
    ("abs", away_from_zero((3, 5)), torch.abs),
]
BROADCAST = [
    ("same_shape", (2, 3), (2, 3)),
    ("row", (4, 3), (3,)),
    ("column", (4, 3), (4, 1)),
    ("both", (4, 1, 3), (2, 1)),
    ("scalar", (2, 3), ()),
    ("channel", (2, 3, 2, 2), (3, 1, 1)),
]
MATMUL = [
    ("2d", (3, 4), (4, 5)),
    ("2d_odd", (17, 9), (9, 13)),
    ("batched", (2, 3, 4), (2, 4, 5)),
    ("batched_4d", (2, 3, 2, 4), (2, 3, 4, 2)),
    ("broadcast_right", (2, 3, 4), (4, 5)),
    ("broadcast_left", (3, 4), (2, 4, 5)),
    ("broadcast_one", (1, 3, 4), (3, 4, 2)),
    ("broadcast_4d", (2, 1, 3, 4), (3, 4, 2)),
]
REDUCE_AXES = [((3, 4), (0,)), ((3, 4), (1,)), ((2, 3, 4), (1,)), ((2, 3, 4), (0, 2)), ((2, 3, 4), (-1,)),
               ((2, 3, 2, 2), (0, 2, 3)), ((3, 4), None)]  # fmt: skip


def add_arithmetic(file):
    """exp, log, sqrt, abs, and add, sub, mul, div with broadcasting."""
    for op, spec, function in UNARY:
        add_case(file, op, op, [spec], function, float32=True)
    for op in ("add", "sub", "mul", "div"):
        for name, a, b in BROADCAST:
            divisor = away_from_zero(b) if op == "div" else b
            add_case(file, f"{op}_{name}", op, [a, divisor], getattr(torch, op), float32=name == "row")
    for name, a, b in MATMUL:
        add_case(file, f"matmul_{name}", "matmul", [a, b], torch.matmul, float32=name in ("2d", "2d_odd", "batched"))


def add_reductions(file):
    """sum, mean, var, max and min (values only, without ties). axes=all reduces everything."""
    for shape, axes in REDUCE_AXES:
        for keepdim in (False, True):
            options = dict(dim=axes, keepdim=keepdim)
            axes_label = "all" if axes is None else "axes" + "_".join(map(str, axes)).replace("-", "minus")
            label = f"{len(shape)}d_{axes_label}" + "_keepdim" * keepdim
            known = dict(axes="all" if axes is None else axes, keepdim=keepdim)
            add_case(file, f"sum_{label}", "sum", [shape], lambda x: torch.sum(x, **options), **known)
            add_case(file, f"mean_{label}", "mean", [shape], lambda x: torch.mean(x, **options), **known)
            for unbiased in (True, False):
                run = lambda x: torch.var(x, correction=int(unbiased), **options)
                name = f"var_{label}" + ("" if unbiased else "_biased")
                add_case(file, name, "var", [shape], run, unbiased=unbiased, **known)
            values = dict(dim=axes or tuple(range(len(shape))), keepdim=keepdim)
            add_case(file, f"max_{label}", "max", [distinct(shape)], lambda x: torch.amax(x, **values), **known)
            add_case(file, f"min_{label}", "min", [distinct(shape)], lambda x: torch.amin(x, **values), **known)


def add_indexing(file):
    """where, concatenate, stack, index_select, gather and expand."""
    where = lambda c, a, b: torch.where(c, a, b)
    add_case(file, "where", "where", [mask((3, 4)), (3, 4), (3, 4)], where)
    add_case(file, "where_broadcast", "where", [mask((3, 1)), (4,), (2, 1, 4)], where)
    for axis, shapes in [(0, [(2, 3), (1, 3), (4, 3)]), (1, [(2, 3), (2, 1)]), (2, [(2, 2, 1), (2, 2, 3)]),
                         (-1, [(2, 2), (2, 3)])]:  # fmt: skip
        name = f"axis{axis}".replace("-", "minus")
        run = lambda *xs: torch.cat(xs, dim=axis)
        add_case(file, f"concatenate_{name}", "concatenate", shapes, run, axis=axis)
    for axis in (0, 1, 2, -1):
        name = f"axis{axis}".replace("-", "minus")
        run = lambda *xs: torch.stack(xs, dim=axis)
        add_case(file, f"stack_{name}", "stack", [(2, 3)] * 3, run, axis=axis)
    for axis in (0, 1, 2):  # five picks of at most four: some stand twice
        picks = indices((5,), (2, 4, 3)[axis])
        run = lambda x, i: torch.index_select(x, axis, i)
        add_case(file, f"index_select_axis{axis}", "index_select", [(2, 4, 3), picks], run, axis=axis)
    for shape, axis, picks in [((4, 3), 0, (5, 2)), ((4, 3), 1, (4, 5)), ((2, 4, 3), 1, (2, 6, 2))]:
        run = lambda x, i: torch.gather(x, axis, i)
        specs = [shape, indices(picks, shape[axis])]
        add_case(file, f"gather_{len(shape)}d_axis{axis}", "gather", specs, run, axis=axis)
    for name, shape, wanted in [("row", (3,), (4, 3)), ("column", (4, 1), (4, 3)), ("both", (2, 1, 3, 1), (2, 4, 3, 2)),
                                ("scalar", (), (2, 3))]:  # fmt: skip
        run = lambda x: x.expand(wanted)
        add_case(file, f"expand_{name}", "expand", [shape], run, shape=wanted)


def add_basic_cases(file):
    """All cases of this page."""
    add_arithmetic(file)
    add_reductions(file)
    add_indexing(file)

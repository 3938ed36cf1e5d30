"""Golden cases of indexing (in both dtypes) and rearranging."""

import torch
from op_case import add_case, indices, mask


def signed(shape, size):
    """int64 places along an axis, half of them from the end."""
    return lambda rng: torch.randint(-size, size, shape, generator=rng)


def distinct(shape, below, axis=0):
    """int64 values in [0, below), none twice along `axis`."""

    def make(rng):
        lanes = list(shape)
        lanes[axis] = below
        return torch.rand(lanes, generator=rng).argsort(axis).narrow(axis, 0, shape[axis])

    return make


# name, shape, what stands between the brackets (t is the next tensor), the tensors
INDEX = [
    ("picks", (5,), "t", [indices((7,), 5)]),
    ("picks_from_the_end", (5,), "t", [signed((7,), 5)]),
    ("no_picks", (4, 3), "t", [indices((0,), 4)]),
    ("rows", (4, 3), "t", [signed((3,), 4)]),
    ("columns", (4, 3), ":,t", [signed((5,), 3)]),
    ("square_of_rows", (4, 3), "t", [signed((2, 2), 4)]),
    ("square_of_columns", (4, 3), ":,t", [signed((2, 3), 3)]),
    ("elements", (4, 3), "t,t", [signed((5,), 4), signed((5,), 3)]),
    ("outer", (4, 3), "t,t", [signed((2, 1), 4), signed((3,), 3)]),
    ("one_beside_many", (4, 3), "t,t", [signed((1,), 4), signed((4,), 3)]),
    ("middle", (2, 4, 3), ":,t", [signed((5,), 4)]),
    ("last_of_three", (2, 4, 3), ":,:,t", [signed((2,), 3)]),
    ("first_two", (2, 4, 3), "t,t", [signed((3,), 2), signed((3,), 4)]),
    ("last_two", (2, 4, 3), ":,t,t", [signed((5,), 4), signed((5,), 3)]),
    ("middle_two", (2, 3, 4, 3), ":,t,t", [signed((2, 1), 3), signed((2,), 4)]),
    ("apart", (2, 4, 3), "t,:,t", [signed((4,), 2), signed((4,), 3)]),
    ("apart_with_a_rest", (2, 3, 4, 2), "t,:,t", [signed((2, 1), 2), signed((3,), 4)]),
    ("apart_behind", (2, 3, 2, 4), ":,t,:,t", [signed((3,), 3), signed((3,), 4)]),
    ("everywhere", (2, 3, 4), "t,t,t", [signed((2, 2), 2), signed((2, 1), 3), signed((2,), 4)]),
    ("mask", (3, 4), "t", [mask((3, 4))]),
    ("mask_of_rows", (6, 3), "t", [mask((6,))]),
    ("mask_of_columns", (3, 6), ":,t", [mask((6,))]),
    ("mask_of_pixels", (2, 3, 4), ":,t", [mask((3, 4))]),
    ("mask_in_front", (2, 3, 4), "t", [mask((2, 3))]),
    ("mask_beside_picks", (6, 3), "t,t", [mask((6,)), signed((1,), 3)]),
    ("mask_apart_from_picks", (6, 2, 3), "t,:,t", [mask((6,)), signed((1,), 3)]),
    ("mask_and_slice", (6, 5), "t,1:4", [mask((6,))]),
    ("integer", (4, 3), "1", []),
    ("integers", (4, 3), "-2,2", []),
    ("integer_and_picks", (4, 3), "-1,t", [signed((5,), 3)]),
    ("integer_between_picks", (2, 4, 3), "t,1,t", [signed((4,), 2), signed((4,), 3)]),
    ("integer_apart_from_picks", (2, 4, 3), "1,:,t", [signed((4,), 3)]),
    ("integer_behind_picks", (2, 4, 3), "t,:,-1", [signed((4,), 2)]),
    ("scalar_tensor", (4, 3), ":,t", [signed((), 3)]),
    ("slices", (6, 5), "1:5:2,-3:", []),
    ("slice_and_picks", (6, 3), "1:-1,t", [signed((4,), 3)]),
    ("picks_and_steps", (4, 7), "t,::3", [signed((3,), 4)]),
    ("slice_between_picks", (3, 6, 4), "t,2:5,t", [signed((2,), 3), signed((2,), 4)]),
]

# What is written over: no place twice, or it would be open which value stays.
PUT = [
    ("picks", (5,), (3,), "t", [distinct((3,), 5)]),
    ("one_value", (5,), (), "t", [distinct((3,), 5)]),
    ("rows", (4, 3), (2, 3), "t", [distinct((2,), 4)]),
    ("row_everywhere", (4, 3), (3,), "t", [distinct((2,), 4)]),
    ("columns", (4, 3), (4, 2), ":,t", [distinct((2,), 3)]),
    ("column_everywhere", (4, 3), (4, 1), ":,t", [distinct((2,), 3)]),
    ("elements", (4, 3), (4,), "t,t", [distinct((4,), 4), signed((4,), 3)]),
    ("apart", (2, 3, 4), (3, 3), "t,:,t", [signed((3,), 2), distinct((3,), 4)]),
    ("mask", (3, 4), (), "t", [mask((3, 4))]),
    ("mask_of_rows", (6, 3), (3,), "t", [mask((6,))]),
    ("integer_and_picks", (4, 3), (2,), "1,t", [distinct((2,), 3)]),
    ("slices", (6, 5), (2, 1), "1:5:2,2:", []),
    ("slice_and_picks", (6, 3), (4, 2), "1:-1,t", [distinct((2,), 3)]),
    ("everything", (2, 3), (3,), ":", []),
]

# shape, axis, shape of the index
ELEMENTS = [((4, 3), 0, (3, 3)), ((4, 3), 1, (2, 2)), ((2, 5, 3), 1, (2, 4, 2)), ((2, 3, 4), -1, (1, 3, 3)), ((6,), 0, (4,))]  # fmt: skip
FLIP = [((5,), (0,)), ((3, 4), (1,)), ((3, 4), (0, 1)), ((2, 3, 4), (-1, 0)), ((3, 4), ())]
ROLL = [((5,), (2,), (0,)), ((5,), (-7,), (0,)), ((3, 4), (1, -2), (0, 1)), ((3, 4), (5,), ()), ((2, 3, 4), (2, 1), (2, 2))]  # fmt: skip
REPEAT = [((3,), (4,)), ((2, 3), (2, 1)), ((2, 3), (3, 2)), ((2, 3), (2, 1, 3)), ((2, 1, 2), (1, 3, 2)), ((), (3,)), ((2,), (1,))]  # fmt: skip
REPEAT_INTERLEAVE = [((3,), 2, 0), ((2, 3), 3, 0), ((2, 3, 2), 2, 1), ((2, 3), 4, -1), ((2, 3), 1, 0)]
TRIANGLES = [((4, 4), 0), ((3, 5), 1), ((5, 3), -2), ((2, 3, 3), -1), ((3, 4), 7), ((3, 4), -7)]
DIAGONAL = [((4, 4), 0, 0, 1), ((3, 5), 2, 0, 1), ((3, 5), -1, 1, 0), ((2, 3, 4), 1, 1, 2), ((2, 3, 4), 0, -1, 0), ((3, 4), 4, 0, 1)]  # fmt: skip
DIAG = [((3,), 0), ((3,), 2), ((2,), -1), ((3, 4), 1), ((4, 3), -2)]


def brackets(entries, tensors):
    """What `x[...]` is given: "1,::2,t" and a tensor -> (1, slice(None, None, 2), tensor)."""
    rest = iter(tensors)

    def entry(word):
        if word == "t":
            return next(rest)
        bounds = [int(bound) if bound else None for bound in word.split(":")]
        return slice(*bounds) if ":" in word else bounds[0]

    return tuple(entry(word) for word in entries.split(","))


def put(x, values, key, accumulate):
    """`x` with `values` at [key], which Tensor.index_put has for tensors alone."""
    if accumulate:
        places = torch.arange(x.numel()).reshape(x.shape)[key]
        return x.flatten().index_add(0, places.flatten(), values.flatten()).reshape(x.shape)
    out = x.clone()
    out[key] = values
    return out


def add_brackets(file):
    """index, and index_put with values that are added or written."""
    for name, shape, entries, tensors in INDEX:
        run = lambda x, *ts: x[brackets(entries, ts)]
        add_case(file, f"index_{name}", "index", [shape, *tensors], run, float32=True, entries=entries)
        picked = tuple(file.tensors[f"index_{name}.f64.output"].shape)
        same = [lambda rng, i=i: file.tensors[f"index_{name}.f64.input{i}"] for i in range(1, len(tensors) + 1)]
        add = lambda x, values, *ts: put(x, values, brackets(entries, ts), True)
        options = dict(float32=True, entries=entries, accumulate=True)
        add_case(file, f"index_put_added_{name}", "index_put", [shape, picked, *same], add, **options)
    for name, shape, values, entries, tensors in PUT:
        write = lambda x, values, *ts: put(x, values, brackets(entries, ts), False)
        options = dict(float32=True, entries=entries, accumulate=False)
        add_case(file, f"index_put_{name}", "index_put", [shape, values, *tensors], write, **options)


def add_elements(file):
    """gather's and index_select's relatives."""
    for shape, axis, picks in ELEMENTS:
        name = f"{len(shape)}d_axis{axis}".replace("-", "minus")
        size = shape[axis]
        options = dict(float32=True, axis=axis)
        for op, index in [("scatter_add", indices(picks, size)), ("scatter", distinct(picks, size, axis))]:
            run = lambda x, i, source: getattr(torch, op)(x, axis, i, source)
            add_case(file, f"{op}_{name}", op, [shape, index, picks], run, **options)
        parts = list(shape)
        parts[axis] = size - 1
        for op, index in [("index_add", indices((size - 1,), size)), ("index_copy", distinct((size - 1,), size))]:
            run = lambda x, i, source: getattr(torch, op)(x, axis, i, source)
            add_case(file, f"{op}_{name}", op, [shape, index, tuple(parts)], run, **options)


def add_masked(file):
    """masked_select and masked_fill."""
    for name, shape, of in [("same", (3, 4), (3, 4)), ("row", (3, 4), (4,)), ("wider", (4, 1), (2, 4, 3)), ("scalar", (), (3,))]:  # fmt: skip
        add_case(file, f"masked_select_{name}", "masked_select", [shape, mask(of)], torch.masked_select, float32=True)
        run = lambda x, m: torch.masked_fill(x, m, -2.5)
        add_case(file, f"masked_fill_{name}", "masked_fill", [shape, mask(of)], run, float32=True, value=-2.5)


def add_rearranged(file):
    """flip, roll, repeat, triangles and diagonals."""

    def add(op, i, shape, run, **attributes):
        add_case(file, f"{op}_{i}", op, [shape], run, **attributes)

    for i, (shape, axes) in enumerate(FLIP):
        add("flip", i, shape, lambda x: torch.flip(x, axes), axes=axes or "all")
    for i, (shape, shifts, axes) in enumerate(ROLL):
        add("roll", i, shape, lambda x: torch.roll(x, shifts, axes), shifts=shifts, axes=axes or "all")
    for i, (shape, counts) in enumerate(REPEAT):
        add("repeat", i, shape, lambda x: x.repeat(counts), counts=counts)
    for i, (shape, count, axis) in enumerate(REPEAT_INTERLEAVE):
        add("repeat_interleave", i, shape, lambda x: x.repeat_interleave(count, axis), count=count, axis=axis)
    for i, (shape, diagonal) in enumerate(TRIANGLES):
        add("triu", i, shape, lambda x: torch.triu(x, diagonal), diagonal=diagonal)
        add("tril", i, shape, lambda x: torch.tril(x, diagonal), diagonal=diagonal)
    for i, (shape, offset, a, b) in enumerate(DIAGONAL):
        add("diagonal", i, shape, lambda x: torch.diagonal(x, offset, a, b), offset=offset, axes=(a, b))
    for i, (shape, offset) in enumerate(DIAG):
        add("diag", i, shape, lambda x: torch.diag(x, offset), offset=offset)


def add_parts(file):
    """movedim, and single parts of split, chunk and unbind."""
    for a, b in [(0, 2), (2, 0), (-1, 1), (1, 1)]:
        name = f"movedim_{a}_{b}".replace("-", "minus")
        move = lambda x: torch.movedim(x, a, b)
        add_case(file, name, "movedim", [(2, 3, 4)], move, axes=(a, b))
    for op, shape, count, axis, part in [("split", (7, 2), 3, 0, 2), ("split", (2, 6), 2, -1, 1), ("chunk", (7, 2), 3, 0, 2),
                                         ("chunk", (2, 9), 4, 1, 0), ("chunk", (2, 3), 5, -1, 2)]:  # fmt: skip
        take = lambda x: getattr(torch, op)(x, count, axis)[part]
        options = dict(count=count, axis=axis, part=part)
        add_case(file, f"{op}_{count}_of_{shape[axis]}", op, [shape], take, **options)
    for axis in (0, 1, -1):
        name = f"unbind_axis{axis}".replace("-", "minus")
        take = lambda x: torch.unbind(x, axis)[1]
        add_case(file, name, "unbind", [(2, 3, 4)], take, axis=axis, part=1)


def add_index_cases(file):
    """All cases of this page."""
    add_brackets(file)
    add_elements(file)
    add_masked(file)
    add_rearranged(file)
    add_parts(file)

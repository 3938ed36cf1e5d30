"""Golden cases of pooling, in 2-D and 1-D. Images are NCHW, rows NCL; every case has both dtypes."""

import functools

import torch.nn.functional as F
from op_case import add_case, distinct

# name, input, and what differs from windows of 2 side by side
MAX = [
    ("2x2", (1, 2, 4, 6), {}),
    ("2x2_ceil", (1, 2, 5, 3), dict(ceil_mode=True)),
    ("2x2_ceil_even", (1, 2, 4, 4), dict(ceil_mode=True)),
    ("3x3_stride2_ceil", (1, 2, 6, 5), dict(kernel_size=(3, 3), stride=(2, 2), ceil_mode=True)),
    ("3x3_stride2_pad1_ceil", (1, 1, 6, 7), dict(kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), ceil_mode=True)),
    ("pairs_ceil", (1, 1, 7, 6), dict(kernel_size=(3, 2), stride=(2, 3), padding=(1, 0), ceil_mode=True)),
    ("last_begins_in_padding", (1, 1, 4, 5), dict(kernel_size=(2, 3), stride=(3, 3), padding=(1, 1), ceil_mode=True)),
    ("window_over_the_end", (1, 2, 2, 3), dict(kernel_size=(3, 4), stride=(3, 4), ceil_mode=True)),
    ("dilated_ceil", (1, 1, 7, 8), dict(kernel_size=(2, 3), stride=(2, 2), dilation=(2, 3), ceil_mode=True)),
    ("dilated_padded", (1, 1, 6, 6), dict(kernel_size=(3, 2), stride=(1, 2), padding=(1, 1), dilation=(2, 3))),
    ("overlapping", (1, 1, 5, 5), dict(kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))),
    ("rows", (2, 2, 7), {}),
    ("rows_ceil", (2, 2, 7), dict(ceil_mode=True)),
    ("rows_stride_pad", (2, 2, 8), dict(kernel_size=(3,), stride=(2,), padding=(1,))),
    ("rows_everything", (1, 3, 11), dict(kernel_size=(3,), stride=(3,), padding=(1,), dilation=(2,), ceil_mode=True)),
]
AVG = [
    ("2x2", (1, 2, 4, 6), {}),
    ("2x2_ceil", (1, 2, 5, 3), dict(ceil_mode=True)),
    ("3x3_stride2_ceil", (1, 2, 6, 5), dict(kernel_size=(3, 3), stride=(2, 2), ceil_mode=True)),
    ("3x3_stride2_pad1_ceil", (1, 1, 6, 7), dict(kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), ceil_mode=True)),
    ("uncounted", (1, 1, 5, 6), dict(kernel_size=(3, 3), stride=(2, 1), padding=(1, 1), count_include_pad=False)),
    ("uncounted_ceil", (1, 1, 6, 7),
     dict(kernel_size=(3, 2), stride=(2, 2), padding=(1, 1), ceil_mode=True, count_include_pad=False)),
    ("last_begins_in_padding", (1, 1, 4, 5), dict(kernel_size=(2, 3), stride=(3, 3), padding=(1, 1), ceil_mode=True)),
    ("window_over_the_end", (1, 2, 2, 3), dict(kernel_size=(3, 4), stride=(3, 4), ceil_mode=True)),
    ("overlapping", (1, 1, 5, 5), dict(kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))),
    ("stride_over_kernel", (1, 1, 6, 7), dict(kernel_size=(2, 2), stride=(3, 4))),
    ("rows", (2, 2, 7), {}),
    ("rows_ceil", (2, 2, 7), dict(ceil_mode=True)),
    ("rows_uncounted", (2, 2, 8), dict(kernel_size=(3,), stride=(2,), padding=(1,), count_include_pad=False)),
    ("rows_everything", (1, 3, 10),
     dict(kernel_size=(4,), stride=(3,), padding=(2,), ceil_mode=True, count_include_pad=False)),
]  # fmt: skip

# name, input, output size
ADAPTIVE = [
    ("global", (2, 3, 3, 4), dict(output_size=(1, 1))),
    ("divisible", (1, 2, 4, 6), dict(output_size=(2, 3))),
    ("overlapping", (1, 2, 5, 4), dict(output_size=(3, 3))),
    ("larger", (1, 1, 3, 4), dict(output_size=(5, 6))),
    ("same", (1, 2, 3, 3), dict(output_size=(3, 3))),
    ("rows_global", (2, 3, 5), dict(output_size=(1,))),
    ("rows", (2, 2, 8), dict(output_size=(3,))),
    ("rows_larger", (1, 2, 3), dict(output_size=(7,))),
]



def store_indices(file, name, function):
    """Stores <case>.indices beside what add_case stored: where the largest values came from."""
    for suffix in ("f64", "f32"):
        case = f"{name}.{suffix}"
        file.put(f"{case}.indices", function(file.tensors[f"{case}.input0"], return_indices=True)[1])


def add_pools(file, kind, rows):
    """The cases of a table of poolings: its windows are options, or an output size."""
    for name, shape, options in rows:
        axes = len(shape) - 2
        if "adaptive" not in kind:
            options = dict(kernel_size=(2,) * axes, padding=(0,) * axes, ceil_mode=False) | options
            options.setdefault("stride", options["kernel_size"])
        op = f"{kind}_pool{axes}d"
        run = functools.partial(getattr(F, op), **options)
        is_max = "max" in kind
        add_case(file, f"{op}_{name}", op, [distinct(shape) if is_max else shape], run, float32=True, **options)
        if is_max:
            store_indices(file, f"{op}_{name}", run)


def add_pool_cases(file):
    """All cases of this page."""
    add_pools(file, "max", MAX)
    add_pools(file, "avg", AVG)
    add_pools(file, "adaptive_max", ADAPTIVE)
    add_pools(file, "adaptive_avg", ADAPTIVE)

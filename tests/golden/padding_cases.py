"""Golden cases of every way to pad, for every layer of the convolution family: images and rows, strides and modes."""

import warnings

from conv_cases import add_conv, conv, conv_transpose

# By the number of axes: input, weight and transposed weight, dilation, and a stride
LAYERS = {
    1: ((2, 2, 6), (3, 2, 3), (2, 3, 3), (2,), (2,)),
    2: ((1, 2, 4, 5), (2, 2, 3, 2), (2, 2, 3, 2), (1, 2), (2, 3)),
}
# By the number of axes: one number, one for each axis, one for each end
PADDINGS = {
    1: dict(number=(2,), ends=((2, 1),), same="same", valid="valid"),
    2: dict(number=(1, 1), pair=(2, 1), ends=((2, 0), (1, 3)), same="same", valid="valid"),
}


def rows(axes, modes):
    """A table for add_conv: every padding with every mode and stride; the same numbers in all modes."""
    image, weight, _, dilation, stride = LAYERS[axes]
    for padding_name, padding in PADDINGS[axes].items():
        for mode in modes:
            if padding == "valid" and mode != "zeros":
                continue
            for stride_name, step in [("", (1,) * axes), ("_strided", stride)]:
                options = dict(padding=padding, stride=step, dilation=dilation, bias=True, padding_mode=mode)
                yield f"{mode}_{padding_name}{stride_name}", image, weight, options


def transposed_rows(axes):
    """The same for the transposed ones, which have no modes; and the outputs that output_padding picks."""
    image, _, weight, dilation, stride = LAYERS[axes]
    for name, _, _, options in rows(axes, ["zeros"]):
        padding = (0,) * axes if options["padding"] == "valid" else options["padding"]
        changes = dict(padding=padding, stride=options["stride"], dilation=dilation, bias=True)
        yield name.removeprefix("zeros_"), image, weight, changes
    output_padding = tuple(step - 1 for step in stride)
    yield "output_padding", image, weight, dict(stride=stride, padding=(1,) * axes, output_padding=output_padding)


def add_padding_cases(file):
    """All cases of this page; strided ones in both dtypes."""
    warnings.filterwarnings("ignore", message="Using padding='same'")  # with even kernels it copies the input
    for axes in (1, 2):
        ones, zeros = (1,) * axes, (0,) * axes
        table = list(rows(axes, ["zeros", "reflect", "replicate", "circular"]))
        strided = {name for name, *_ in table if name.endswith("_strided")}
        defaults = dict(stride=ones, padding=zeros, dilation=ones, groups=1, bias=False)
        add_conv(file, f"conv{axes}d", conv, table, defaults, lambda weight, _: weight[0], strided)
        table = list(transposed_rows(axes))
        strided = {name for name, *_ in table if name.endswith("_strided")}
        defaults |= dict(output_padding=zeros)
        add_conv(file, f"conv_transpose{axes}d", conv_transpose, table, defaults,
                 lambda weight, groups: weight[1] * groups, strided)  # fmt: skip

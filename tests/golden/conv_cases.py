"""Golden cases of the ops on images and rows: convolution, padding and pooling. Images are NCHW, rows NCL."""

import warnings

import torch.nn.functional as F
from op_case import add_case, distinct

# name, input (N, C, H, W), weight (O, C/groups, KH, KW), and what differs from the defaults below
CONV2D = [
    ("plain", (2, 3, 7, 6), (4, 3, 3, 3), {}),
    ("bias", (2, 3, 7, 6), (4, 3, 3, 3), dict(bias=True)),
    ("pad1", (2, 3, 6, 6), (4, 3, 3, 3), dict(padding=(1, 1), bias=True)),
    ("pad_pair", (2, 2, 6, 5), (3, 2, 3, 3), dict(padding=(1, 2), bias=True)),
    ("pad_wider_than_kernel", (1, 2, 3, 3), (2, 2, 2, 2), dict(padding=(3, 3))),
    ("valid", (2, 3, 6, 7), (4, 3, 3, 3), dict(padding="valid", bias=True)),
    ("same", (2, 3, 6, 7), (4, 3, 3, 3), dict(padding="same", bias=True)),
    ("same_5x5", (1, 2, 7, 8), (3, 2, 5, 5), dict(padding="same")),
    ("same_even", (2, 2, 6, 5), (3, 2, 2, 2), dict(padding="same", bias=True)),
    ("same_even_4x4", (1, 2, 7, 6), (2, 2, 4, 4), dict(padding="same")),
    ("same_mixed_2x3", (1, 2, 5, 6), (3, 2, 2, 3), dict(padding="same")),
    ("same_even_dilated", (1, 2, 8, 7), (2, 2, 2, 4), dict(padding="same", dilation=(3, 2))),
    ("same_dilated", (1, 3, 8, 8), (2, 3, 3, 3), dict(padding="same", dilation=(2, 2), bias=True)),
    ("same_even_groups", (1, 4, 5, 5), (4, 2, 4, 2), dict(padding="same", groups=2)),
    ("stride2", (2, 3, 8, 8), (4, 3, 3, 3), dict(stride=(2, 2))),
    ("stride2_pad1", (2, 3, 9, 8), (4, 3, 3, 3), dict(stride=(2, 2), padding=(1, 1), bias=True)),
    ("stride_pair", (2, 2, 9, 7), (3, 2, 3, 3), dict(stride=(2, 1), padding=(1, 2), bias=True)),
    ("stride3_rest", (1, 2, 10, 9), (3, 2, 3, 2), dict(stride=(3, 3))),
    ("stride_over_kernel", (1, 2, 9, 9), (3, 2, 2, 2), dict(stride=(3, 4), bias=True)),
    ("dilation2", (2, 2, 8, 9), (3, 2, 3, 3), dict(dilation=(2, 2), bias=True)),
    ("dilation_pair_stride", (1, 2, 11, 10), (3, 2, 3, 3),
     dict(stride=(2, 1), padding=(2, 1), dilation=(2, 3), bias=True)),
    ("groups2", (2, 4, 6, 6), (6, 2, 3, 3), dict(padding=(1, 1), groups=2, bias=True)),
    ("groups3_stride", (1, 6, 7, 7), (3, 2, 3, 3), dict(stride=(2, 2), groups=3)),
    ("groups2_everything", (2, 4, 11, 9), (4, 2, 3, 2),
     dict(stride=(2, 1), padding=(1, 2), dilation=(2, 1), groups=2, bias=True)),
    ("depthwise", (2, 4, 7, 7), (4, 1, 3, 3), dict(padding=(1, 1), groups=4, bias=True)),
    ("depthwise_stride2", (1, 4, 8, 9), (4, 1, 3, 3), dict(stride=(2, 2), padding=(1, 1), groups=4)),
    ("depthwise_multiplier2", (2, 3, 6, 6), (6, 1, 3, 3), dict(groups=3, bias=True)),
    ("depthwise_5x5_dilated", (1, 3, 11, 12), (3, 1, 5, 5), dict(padding=(2, 2), dilation=(2, 2), groups=3)),
    ("1x1", (2, 5, 4, 6), (3, 5, 1, 1), dict(bias=True)),
    ("1x1_stride2", (2, 4, 5, 5), (3, 4, 1, 1), dict(stride=(2, 2))),
    ("1x1_groups2", (2, 4, 4, 4), (6, 2, 1, 1), dict(groups=2, bias=True)),
    ("1x1_pad1", (1, 2, 3, 3), (2, 2, 1, 1), dict(padding=(1, 1), bias=True)),
    ("1x5", (1, 2, 5, 9), (3, 2, 1, 5), dict(padding=(0, 2))),
    ("5x1", (1, 2, 9, 5), (3, 2, 5, 1), dict(padding=(2, 0), bias=True)),
    ("2x2_stride2", (2, 2, 6, 8), (3, 2, 2, 2), dict(stride=(2, 2), bias=True)),
    ("kernel_is_input", (3, 2, 4, 5), (6, 2, 4, 5), dict(bias=True)),
    ("one_channel_5x5", (2, 1, 12, 12), (6, 1, 5, 5), dict(padding=(2, 2), bias=True)),
    ("one_by_one_image", (2, 3, 1, 1), (2, 3, 3, 3), dict(padding=(1, 1), bias=True)),
    ("wider_3x3", (1, 8, 14, 14), (16, 8, 3, 3), dict(padding=(1, 1), bias=True)),
    ("wider_odd_3x3", (2, 9, 13, 11), (17, 9, 3, 3), dict(padding=(1, 1))),
    ("pad_ends", (2, 2, 6, 5), (3, 2, 3, 3), dict(padding=((2, 0), (1, 3)), bias=True)),
    ("pad_ends_3x3_wide", (1, 16, 12, 13), (17, 16, 3, 3), dict(padding=((0, 2), (2, 3)))),
    ("same_stride", (2, 2, 7, 8), (3, 2, 3, 4), dict(stride=(2, 3), padding="same", bias=True)),
    ("reflect", (2, 2, 6, 5), (3, 2, 3, 3), dict(padding=(1, 2), padding_mode="reflect", bias=True)),
    ("reflect_same_stride", (1, 2, 7, 8), (3, 2, 4, 3), dict(stride=(2, 2), padding="same", padding_mode="reflect")),
    ("replicate_ends", (1, 2, 5, 4), (2, 2, 3, 3), dict(padding=((3, 0), (1, 2)), padding_mode="replicate")),
    ("circular", (2, 4, 5, 6), (4, 2, 3, 3),
     dict(padding=(2, 1), dilation=(2, 1), groups=2, padding_mode="circular", bias=True)),
]
CONV2D_FLOAT32 = {
    "bias", "same", "same_even", "stride2_pad1", "dilation_pair_stride", "groups2_everything", "depthwise",
    "depthwise_stride2", "1x1", "one_channel_5x5", "wider_3x3", "wider_odd_3x3",
}  # fmt: skip

# name, input, weight (C, O/groups, KH, KW), and what differs from the defaults below
CONV_TRANSPOSE2D = [
    ("plain", (2, 3, 4, 5), (3, 2, 3, 3), {}),
    ("stride2_pad1", (2, 3, 4, 4), (3, 2, 3, 3), dict(stride=(2, 2), padding=(1, 1), bias=True)),
    ("output_padding", (1, 2, 4, 5), (2, 3, 3, 3),
     dict(stride=(2, 3), padding=(1, 0), output_padding=(1, 2), bias=True)),
    ("dilation", (1, 2, 4, 4), (2, 2, 3, 2), dict(dilation=(2, 3), padding=(1, 1))),
    ("groups2", (2, 4, 4, 4), (4, 3, 2, 2), dict(stride=(2, 2), groups=2, bias=True)),
    ("dcgan", (2, 5, 4, 3), (5, 6, 4, 4), dict(stride=(2, 2), padding=(1, 1))),
    ("depthwise", (2, 3, 5, 4), (3, 1, 3, 3), dict(stride=(2, 1), padding=(1, 0), groups=3, bias=True)),
    ("output_padding_below_dilation", (1, 2, 4, 3), (2, 3, 2, 3),
     dict(stride=(1, 2), dilation=(3, 2), output_padding=(2, 1), padding=(1, 2))),
    ("stride_over_kernel", (1, 3, 3, 4), (3, 2, 2, 1), dict(stride=(3, 2), output_padding=(1, 0), bias=True)),
    ("pad_wider_than_kernel", (1, 2, 7, 6), (2, 3, 2, 2), dict(padding=(2, 2), bias=True)),
    ("1x1", (2, 3, 4, 3), (3, 4, 1, 1), dict(bias=True)),
    ("everything", (2, 4, 4, 5), (4, 3, 3, 2),
     dict(stride=(3, 2), padding=(2, 1), output_padding=(2, 1), dilation=(2, 3), groups=2, bias=True)),
    ("pad_ends", (1, 2, 4, 5), (2, 3, 3, 3), dict(stride=(2, 1), padding=((2, 0), (1, 3)), bias=True)),
    ("same", (2, 2, 4, 5), (2, 3, 3, 4), dict(stride=(2, 2), padding="same", bias=True)),
    ("same_stride_over_kernel", (1, 2, 3, 4), (2, 3, 2, 1), dict(stride=(3, 2), padding="same")),
    ("wide_3x3", (1, 17, 12, 13), (17, 16, 3, 3), dict(padding=(1, 1), bias=True)),
]

# name, input (N, C, L), weight (O, C/groups, K), and what differs from the defaults below
CONV1D = [
    ("plain", (2, 3, 9), (4, 3, 3), dict(bias=True)),
    ("pad", (2, 3, 8), (4, 3, 5), dict(padding=(2,))),
    ("causal", (2, 2, 9), (3, 2, 3), dict(padding=((4, 0),), dilation=(2,), bias=True)),
    ("stride", (1, 2, 11), (3, 2, 4), dict(stride=(3,), padding=(1,), bias=True)),
    ("same_stride", (2, 2, 10), (3, 2, 4), dict(stride=(3,), padding="same")),
    ("groups", (2, 4, 10), (6, 2, 3), dict(padding=(1,), groups=2, bias=True)),
    ("depthwise", (2, 5, 40), (5, 1, 7), dict(padding="same", groups=5, bias=True)),
    ("wide", (2, 17, 70), (18, 17, 5), dict(padding=(2,), dilation=(2,), bias=True)),
    ("reflect", (2, 3, 7), (4, 3, 5), dict(padding=(2,), padding_mode="reflect", bias=True)),
    ("circular_ends", (2, 3, 7), (4, 3, 4), dict(padding=((3, 1),), stride=(2,), padding_mode="circular")),
    ("replicate", (1, 2, 4), (3, 2, 3), dict(padding=(5,), padding_mode="replicate")),
]

# name, input, weight (C, O/groups, K), and what differs from the defaults below
CONV_TRANSPOSE1D = [
    ("plain", (2, 3, 5), (3, 2, 3), dict(bias=True)),
    ("stride_pad", (2, 3, 6), (3, 4, 4), dict(stride=(2,), padding=(1,), bias=True)),
    ("output_padding_dilation", (1, 4, 5), (4, 1, 3),
     dict(stride=(2,), dilation=(3,), padding=(2,), output_padding=(2,), groups=2, bias=True)),
    ("causal", (2, 2, 6), (2, 3, 4), dict(stride=(2,), padding=((0, 2),))),
    ("same", (1, 2, 6), (2, 3, 5), dict(stride=(2,), padding="same", bias=True)),
    ("wide", (1, 17, 40), (17, 20, 16), dict(stride=(8,), padding=(4,))),
]

# name, input, amounts, mode, value
PAD = [
    ("constant", (2, 3, 4), (1, 2, 0, 3), "constant", 1.5),
    ("constant_crop", (2, 5, 4), (-1, 2, 3, -2), "constant", -0.5),
    ("constant_every_axis", (2, 1, 3, 2), (1, 0, 0, 2, 1, 1, 2, 1), "constant", 0.0),
    ("reflect", (2, 3, 5), (4, 2), "reflect", 0.0),
    ("reflect_image", (1, 2, 4, 5), (3, 1, 0, 3), "reflect", 0.0),
    ("replicate", (1, 2, 3, 2), (5, 0, 1, 4), "replicate", 0.0),
    ("circular", (2, 2, 4, 3), (3, 1, 2, 4), "circular", 0.0),
    ("circular_crop", (2, 2, 6, 5), (-2, 3, 1, -1), "circular", 0.0),
]

# name, input, kernel_size, stride, padding, dilation
MAX_POOL2D = [
    ("2x2", (2, 3, 6, 8), (2, 2), (2, 2), (0, 0), (1, 1)),
    ("2x2_rest", (2, 2, 7, 5), (2, 2), (2, 2), (0, 0), (1, 1)),
    ("3x3_stride2_pad1", (2, 2, 8, 9), (3, 3), (2, 2), (1, 1), (1, 1)),
    ("3x3_stride1_pad1", (1, 2, 6, 6), (3, 3), (1, 1), (1, 1), (1, 1)),
    ("pairs", (1, 2, 9, 8), (3, 2), (2, 1), (1, 0), (1, 1)),
    ("dilation2", (2, 2, 9, 9), (3, 3), (2, 2), (0, 0), (2, 2)),
    ("dilation_pair_pad", (1, 2, 10, 9), (3, 2), (1, 2), (1, 1), (2, 3)),
    ("stride_over_kernel", (1, 2, 9, 9), (2, 2), (3, 3), (0, 0), (1, 1)),
]

# name, input, kernel_size, stride, padding (which counts as zeros in the mean)
AVG_POOL2D = [
    ("2x2", (2, 3, 6, 8), (2, 2), (2, 2), (0, 0)),
    ("2x2_rest", (2, 2, 7, 5), (2, 2), (2, 2), (0, 0)),
    ("3x3_stride2_pad1", (2, 2, 8, 9), (3, 3), (2, 2), (1, 1)),
    ("3x3_stride1_pad1", (1, 2, 6, 6), (3, 3), (1, 1), (1, 1)),
    ("pairs", (1, 2, 9, 8), (3, 2), (2, 1), (1, 0)),
    ("stride_over_kernel", (1, 2, 9, 9), (2, 2), (3, 3), (0, 0)),
]

ADAPTIVE_AVG_POOL2D = [
    ("1x1", (2, 3, 5, 7), (1, 1)),
    ("divisible", (2, 2, 6, 8), (3, 4)),
    ("overlapping", (1, 2, 7, 5), (3, 2)),
    ("10_to_4_and_7", (1, 2, 10, 10), (4, 7)),
    ("growing", (1, 2, 3, 4), (5, 6)),
    ("identity", (1, 2, 4, 3), (4, 3)),
]


def ends(padding, size, reach, stride):
    """The numbers of zeros before and after an axis, from one number, two, or "same"."""
    if padding == "same":
        total = max(0, (-(-size // stride) - 1) * stride + reach - size)
        return total // 2, total - total // 2
    return padding if isinstance(padding, tuple) else (padding, padding)


def reaches(weight, dilation):
    """How many pixels the taps of a weight reach over, by axis."""
    return [(k - 1) * d + 1 for k, d in zip(weight.shape[2:], dilation)]


def conv(x, w, b, stride, padding, dilation, groups, padding_mode="zeros"):
    """PyTorch's convolution, which has no ends of their own, no 'same' with a stride, and no modes."""
    run = (F.conv1d, F.conv2d)[len(stride) - 1]
    is_plain = padding == "valid" or (padding == "same" and max(stride) == 1) or (
        padding != "same" and not any(isinstance(p, tuple) for p in padding))  # fmt: skip
    if is_plain and padding_mode == "zeros":
        return run(x, w, b, stride, padding, dilation, groups)
    each = [padding] * len(stride) if padding == "same" else padding
    sides = [ends(*axis) for axis in zip(each, x.shape[2:], reaches(w, dilation), stride)]
    amounts = [p for side in reversed(sides) for p in side]
    x = F.pad(x, amounts, mode="constant" if padding_mode == "zeros" else padding_mode)
    return run(x, w, b, stride, 0, dilation, groups)


def conv_transpose(x, w, b, stride, padding, output_padding, dilation, groups):
    """PyTorch's transposed convolution, and TensorFlow's 'same' and an end of its own by a cut."""
    run = (F.conv_transpose1d, F.conv_transpose2d)[len(stride) - 1]
    if padding != "same" and not any(isinstance(p, tuple) for p in padding):
        return run(x, w, b, stride, padding, output_padding, groups, dilation)
    assert not any(output_padding)
    y = run(x, w, None, stride, 0, 0, groups, dilation)
    each = [padding] * len(stride) if padding == "same" else padding
    cuts = []
    for p, size, reach, step in zip(each, x.shape[2:], reaches(w, dilation), stride):
        before, after = ends(p, size * step, reach, step)
        # A stride that is longer than the reach leaves pixels at the end that no tap meets.
        cuts.append((-before, step - reach if p == "same" and step > reach else -after))
    y = F.pad(y, [p for cut in reversed(cuts) for p in cut])
    return y if b is None else y + b.reshape(-1, *[1] * len(stride))


def flat(attributes):
    """Attributes with the ends of padding in a row: ((2, 0), (1, 3)) -> (2, 0, 1, 3)."""
    padding = attributes["padding"]
    if isinstance(padding, tuple) and isinstance(padding[0], tuple):
        return attributes | dict(padding=sum(padding, ()))
    return attributes


def add_conv(file, op, run, cases, defaults, channels, float32=()):
    """Cases of one op: input0 is the image or row, input1 the weight, input2 the bias (if bias=1)."""
    for name, image, weight, changes in cases:
        attributes = defaults | changes
        options = {key: value for key, value in attributes.items() if key != "bias"}
        specs = [image, weight] + [(channels(weight, options["groups"]),)] * attributes["bias"]
        call = lambda x, w, b=None: run(x, w, b, **options)
        add_case(file, f"{op}_{name}", op, specs, call, float32=name in float32, **flat(attributes))


def add_convolutions(file):
    """conv1d, conv2d and the transposed ones."""
    warnings.filterwarnings("ignore", message="Using padding='same'")  # with even kernels it copies the input
    one, none = (1,), (0,)
    for axes, cases, transposed_cases, float32 in [
        (2, CONV2D, CONV_TRANSPOSE2D, CONV2D_FLOAT32), (1, CONV1D, CONV_TRANSPOSE1D, {"wide", "depthwise"})
    ]:  # fmt: skip
        defaults = dict(stride=one * axes, padding=none * axes, dilation=one * axes, groups=1, bias=False)
        add_conv(file, f"conv{axes}d", conv, cases, defaults, lambda weight, _: weight[0], float32)
        defaults = dict(stride=one * axes, padding=none * axes, output_padding=none * axes, dilation=one * axes,
                        groups=1, bias=False)  # fmt: skip
        add_conv(file, f"conv_transpose{axes}d", conv_transpose, transposed_cases, defaults,
                 lambda weight, groups: weight[1] * groups, {"dcgan", "wide", "wide_3x3"})  # fmt: skip


def add_pad(file):
    """pad."""
    for name, image, amounts, mode, value in PAD:
        run = lambda x: F.pad(x, amounts, mode, value if mode == "constant" else None)
        add_case(file, f"pad_{name}", "pad", [image], run, amounts=amounts, mode=mode, value=value)


def add_pooling(file):
    """max_pool2d (without ties), avg_pool2d and adaptive_avg_pool2d."""
    for name, image, *values in MAX_POOL2D:
        options = dict(zip(("kernel_size", "stride", "padding", "dilation"), values))
        run = lambda x: F.max_pool2d(x, **options)
        add_case(file, f"max_pool2d_{name}", "max_pool2d", [distinct(image)], run, float32=name == "2x2", **options)
    for name, image, *values in AVG_POOL2D:
        options = dict(zip(("kernel_size", "stride", "padding"), values))
        run = lambda x: F.avg_pool2d(x, **options)
        add_case(file, f"avg_pool2d_{name}", "avg_pool2d", [image], run, float32=name == "2x2", **options)
    for name, image, size in ADAPTIVE_AVG_POOL2D:
        run = lambda x: F.adaptive_avg_pool2d(x, size)
        add_case(file, f"adaptive_avg_pool2d_{name}", "adaptive_avg_pool2d", [image], run, output_size=size)


def add_image_cases(file):
    """All cases of this page."""
    add_convolutions(file)
    add_pad(file)
    add_pooling(file)

"""Golden cases of the ops on images: convolution and pooling. Images are NCHW."""

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


def add_conv2d(file):
    """conv2d: input0 is the image, input1 the weight, input2 the bias (if bias=1)."""
    warnings.filterwarnings("ignore", message="Using padding='same'")  # with even kernels it copies the input
    for name, image, weight, changes in CONV2D:
        attributes = dict(stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, bias=False) | changes
        options = {key: value for key, value in attributes.items() if key != "bias"}
        specs = [image, weight] + [(weight[0],)] * attributes["bias"]
        run = lambda x, w, b=None: F.conv2d(x, w, b, **options)
        add_case(file, f"conv2d_{name}", "conv2d", specs, run, float32=name in CONV2D_FLOAT32, **attributes)


def add_conv_transpose2d(file):
    """conv_transpose2d: input0 is the image, input1 the weight, input2 the bias (if bias=1)."""
    defaults = dict(stride=(1, 1), padding=(0, 0), output_padding=(0, 0), dilation=(1, 1), groups=1, bias=False)
    for name, image, weight, changes in CONV_TRANSPOSE2D:
        attributes = defaults | changes
        options = {key: value for key, value in attributes.items() if key != "bias"}
        specs = [image, weight] + [(weight[1] * options["groups"],)] * attributes["bias"]
        run = lambda x, w, b=None: F.conv_transpose2d(x, w, b, **options)
        add_case(file, f"conv_transpose2d_{name}", "conv_transpose2d", specs, run, **attributes)


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
    add_conv2d(file)
    add_conv_transpose2d(file)
    add_pooling(file)

"""Golden cases of unfold, fold, interpolate, pixel_shuffle and pixel_unshuffle; every case has both dtypes."""

import torch.nn.functional as F
from op_case import add_case

# name, image, and what differs from stride 1 without padding and dilation
UNFOLD = [
    ("plain", (1, 2, 4, 5), dict(kernel_size=(2, 2))),
    ("one_pixel", (2, 3, 2, 3), dict(kernel_size=(1, 1))),
    ("pairs", (1, 1, 5, 6), dict(kernel_size=(3, 2), stride=(2, 1))),
    ("padded", (1, 2, 3, 4), dict(kernel_size=(3, 3), padding=(1, 1), stride=(2, 2))),
    ("pad_pair", (1, 1, 3, 4), dict(kernel_size=(2, 3), padding=(1, 2), stride=(2, 3))),
    ("dilated", (1, 1, 6, 7), dict(kernel_size=(3, 2), dilation=(2, 3), stride=(1, 2))),
    ("side_by_side", (1, 2, 4, 6), dict(kernel_size=(2, 3), stride=(2, 3))),
    ("gaps", (1, 1, 7, 7), dict(kernel_size=(2, 2), stride=(3, 4))),
    ("everything", (1, 2, 6, 5), dict(kernel_size=(3, 2), dilation=(2, 1), padding=(2, 1), stride=(3, 2))),
]

# name, image, and how it is resized
INTERPOLATE = [
    ("nearest_twice", (1, 2, 3, 4), dict(scale_factor=(2.0, 2.0), mode="nearest")),
    ("nearest_uneven", (1, 1, 5, 4), dict(size=(7, 9), mode="nearest")),
    ("nearest_smaller", (1, 2, 6, 5), dict(size=(4, 2), mode="nearest")),
    ("nearest_scale_rounded", (1, 1, 5, 7), dict(scale_factor=(1.5, 0.7), mode="nearest")),
    ("nearest_thirds", (1, 1, 3, 5), dict(size=(9, 15), mode="nearest")),
    ("nearest_sevenths", (1, 1, 7, 5), dict(size=(10, 6), mode="nearest")),
    ("nearest_same", (1, 2, 3, 3), dict(size=(3, 3), mode="nearest")),
    ("bilinear_twice", (1, 2, 3, 4), dict(scale_factor=(2.0, 2.0), mode="bilinear")),
    ("bilinear_uneven", (1, 1, 5, 4), dict(size=(7, 9), mode="bilinear")),
    ("bilinear_smaller", (1, 2, 6, 5), dict(size=(4, 2), mode="bilinear")),
    ("bilinear_scale_rounded", (1, 1, 5, 7), dict(scale_factor=(1.5, 0.7), mode="bilinear")),
    ("bilinear_same", (1, 2, 3, 3), dict(size=(3, 3), mode="bilinear")),
    ("bilinear_of_one_pixel", (1, 3, 1, 1), dict(size=(3, 2), mode="bilinear")),
    ("bilinear_to_one_pixel", (1, 2, 4, 3), dict(size=(1, 1), mode="bilinear")),
    ("bilinear_far_smaller", (1, 1, 9, 11), dict(scale_factor=(0.3, 0.25), mode="bilinear")),
    ("aligned_twice", (1, 2, 3, 4), dict(scale_factor=(2.0, 2.0), mode="bilinear", align_corners=True)),
    ("aligned_uneven", (1, 1, 5, 4), dict(size=(7, 9), mode="bilinear", align_corners=True)),
    ("aligned_smaller", (1, 2, 6, 5), dict(size=(4, 2), mode="bilinear", align_corners=True)),
    ("aligned_scale_rounded", (1, 1, 5, 7), dict(scale_factor=(1.5, 0.7), mode="bilinear", align_corners=True)),
    ("aligned_to_one_pixel", (1, 2, 4, 3), dict(size=(1, 1), mode="bilinear", align_corners=True)),
    ("aligned_of_one_pixel", (1, 3, 1, 1), dict(size=(3, 2), mode="bilinear", align_corners=True)),
]

# name, channels in the smaller image, its height and width, factor
PIXEL_SHUFFLE = [("twice", 2, 2, 3, 2), ("thrice", 1, 2, 2, 3), ("once", 2, 2, 2, 1), ("one_pixel", 3, 1, 1, 2)]


def add_unfold(file):
    """unfold of images, and fold of as many columns back to the same size."""
    for name, shape, options in UNFOLD:
        options = dict(dilation=(1, 1), padding=(0, 0), stride=(1, 1)) | options
        run = lambda x: F.unfold(x, **options)
        add_case(file, f"unfold_{name}", "unfold", [shape], run, float32=True, **options)
        size = shape[2:]
        columns = tuple(run(file.tensors[f"unfold_{name}.f64.input0"]).shape)
        back = lambda x: F.fold(x, size, **options)
        add_case(file, f"fold_{name}", "fold", [columns], back, float32=True, output_size=size, **options)


def add_resample_cases(file):
    """All cases of this page."""
    add_unfold(file)
    for name, shape, options in INTERPOLATE:
        run = lambda x: F.interpolate(x, **options)
        add_case(file, f"interpolate_{name}", "interpolate", [shape], run, float32=True, **options)
    for name, channels, height, width, factor in PIXEL_SHUFFLE:
        small = (1, channels * factor**2, height, width)
        large = (1, channels, height * factor, width * factor)
        for op, shape in [("pixel_shuffle", small), ("pixel_unshuffle", large)]:
            run = lambda x: getattr(F, op)(x, factor)
            add_case(file, f"{op}_{name}", op, [shape], run, float32=True, factor=factor)

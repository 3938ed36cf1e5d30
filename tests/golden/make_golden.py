"""Makes the golden files of this folder with PyTorch: `python3 make_golden.py [--mnist DIR] [NAME...]`.

Needs torch, numpy and safetensors (`pip install torch numpy safetensors`). Every file is made with fixed seeds on one
thread: the same PyTorch on the same kind of CPU makes the same bytes, another one differs in the last digits. README.md
tells how the keys are named.
"""

import argparse
from pathlib import Path

import torch
from activation_cases import add_activation_cases
from attention_cases import add_attention_cases
from basic_cases import add_basic_cases
from conv_cases import add_image_cases
from encoder_cases import add_encoder_cases
from golden_file import GoldenFile
from index_cases import add_index_cases
from init_cases import add_init_cases
from loss_cases import add_loss_cases
from maths_cases import add_maths_cases
from nn_cases import add_network_cases
from norm_cases import add_norm_cases
from optim_cases import add_optim_cases
from padding_cases import add_padding_cases
from pool_cases import add_pool_cases
from resample_cases import add_resample_cases
from rnn_cases import add_rnn_cases
from train_cases import add_images, add_training, cnn, lenet5

FOLDER = Path(__file__).parent
IMAGES = FOLDER / "train_images.safetensors"


MAKERS = {
    "ops_activation": add_activation_cases,
    "ops_attention": add_attention_cases,
    "ops_basic": add_basic_cases,
    "ops_image": add_image_cases,
    "ops_index": add_index_cases,
    "ops_loss": add_loss_cases,
    "ops_maths": add_maths_cases,
    "ops_network": add_network_cases,
    "ops_norm": add_norm_cases,
    "ops_padding": add_padding_cases,
    "ops_pool": add_pool_cases,
    "ops_resample": add_resample_cases,
    "ops_rnn": add_rnn_cases,
    "optim": add_optim_cases,
    "encoder": add_encoder_cases,
    "init": add_init_cases,
    "train_lenet5": lambda file: add_training(file, "lenet5", lenet5, IMAGES),
    "train_cnn": lambda file: add_training(file, "cnn", cnn, IMAGES),
}


def main():
    """Writes the files that were asked for, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(MAKERS)} (default: all)")
    parser.add_argument("--mnist", type=Path, metavar="DIR", help="MNIST's .gz files, to make train_images anew")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(MAKERS):
        parser.error(f"no such file: {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    makers = {name: MAKERS[name] for name in arguments.names or MAKERS}
    if arguments.mnist:
        makers = {"train_images": lambda file: add_images(file, arguments.mnist)} | makers
    for name, add in makers.items():
        file = GoldenFile()
        add(file)
        file.metadata["torch"] = torch.__version__
        file.write(FOLDER / f"{name}.safetensors")


if __name__ == "__main__":
    main()

"""From nothing to the first training step, with Reel and with PyTorch, in turns. vs_pytorch.py is the program.

Both start a process, read MNIST's files from disk (in the page cache after the first round), and train lenet5 on one
batch of 64. PyTorch's process ends there; Reel's is the program `mnist`, which also measures the loss and accuracy on
the 10,000 test images before it ends: its figure has that on top.
"""

import statistics
import subprocess
import sys
import time

from pytorch_setup import best_environment, make_model

NOTES = (
    "Seconds are medians (least-greatest) of whole processes. Reel's process ends with a test on 10,000 images, which "
    "PyTorch's doesn't do."
)


def pytorch_start(threads, folder):
    """What PyTorch's process does."""
    import torch

    from vs_epochs import BATCH, load_images, train

    torch.set_num_threads(threads)
    images, labels = load_images(folder)
    model = make_model("lenet5")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, fused=True)
    train(model, optimizer, images, labels, torch.randperm(len(images))[:BATCH], lambda x: x)


def seconds_of(command, threads):
    """How long a process takes from its start to its end."""
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], env=best_environment(threads), stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"{command} ended with {done.returncode}")
    return time.perf_counter() - start


def compare(arguments, folder):
    """The seconds of all rounds, by side."""
    reel = [arguments.bin / "mnist", "--data", folder, "--train-limit", 64, "--epochs", 1, "--threads",
            arguments.threads, "--mistakes", ""]  # fmt: skip
    pytorch = [sys.executable, __file__, arguments.threads, folder]
    rounds = [(seconds_of(reel, arguments.threads), seconds_of(pytorch, arguments.threads))
              for _ in range(arguments.repeat)]  # fmt: skip
    return {"reel": [ours for ours, _ in rounds], "pytorch": [theirs for _, theirs in rounds]}


def report(runs):
    """The comparison in Markdown."""
    cell = lambda seconds: f"{statistics.median(seconds):.2f} ({min(seconds):.2f}-{max(seconds):.2f})"
    return (
        "| | Reel, s | PyTorch, s |\n|---|---|---|\n"
        f"| start to the first training step | {cell(runs['reel'])} | {cell(runs['pytorch'])} |\n\n{NOTES}"
    )


if __name__ == "__main__":
    pytorch_start(int(sys.argv[1]), sys.argv[2])

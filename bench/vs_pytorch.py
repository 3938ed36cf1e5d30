"""Times Reel and PyTorch in turns on the same machine, and prints their ratios as Markdown.

    python3 bench/vs_pytorch.py --data DIR                     everything, three rounds, two threads
    python3 bench/vs_pytorch.py --part layers                  convolutions and the other ops, training steps
    python3 bench/vs_pytorch.py --part layers --rows conv2d    the convolutions alone
    python3 bench/vs_pytorch.py --part inference --repeat 5    10,000 images through each model
    python3 bench/vs_pytorch.py --part epochs --models lenet5  training, with random images of MNIST's size
    python3 bench/vs_pytorch.py --part start                   from a process's start to its first training step

The tables have the medians over the rounds and compare Reel with the faster of PyTorch's two memory layouts. PyTorch is
given its best: oneDNN, the same number of OpenMP threads, one level of BLAS, and an allocator that keeps its memory
(pytorch_setup.py). What is timed and how stands in vs_rows.py, vs_epochs.py and
vs_start.py.

Needs torch and numpy, and the programs mnist and reel_bench of build/release/bin (`./run bench --help` builds the
latter).
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import tempfile
from pathlib import Path

import vs_epochs
import vs_rows
import vs_start

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("layers", "inference", "epochs", "start")
PROGRAM = {"layers": "reel_bench", "inference": "reel_bench", "epochs": "mnist", "start": "mnist"}


def machine(threads):
    """What the numbers depend on."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "threads": threads, "load_at_start": os.getloadavg()[0],
            "system": platform.platform(), "python": platform.python_version(),
            "pytorch": importlib.metadata.version("torch")}  # fmt: skip


def describe(about):
    """The machine in a sentence, and a second one where something else kept it busy."""
    busy = " **The machine was busy when this began: the ratios say little.**"
    return (
        f"{about['cpu']}, {about['cores']} cores, {about['threads']} threads for each, "
        f"load {about['load_at_start']:.1f} at the start; PyTorch {about['pytorch']}, Python {about['python']}, "
        f"{about['system']}.{busy if about['load_at_start'] > about['cores'] / 2 else ''}"
    )


@contextlib.contextmanager
def image_folder(arguments):
    """The folder of --data, or one with random images."""
    with tempfile.TemporaryDirectory() as scratch:
        if not arguments.data:
            vs_epochs.write_synthetic(scratch)
        yield Path(arguments.data or scratch).resolve()


def run_epochs(arguments):
    """The results of the epochs and the report."""
    with image_folder(arguments) as folder:
        results = [vs_epochs.compare(name, arguments, folder) for name in arguments.models]
    images = "Images from --data." if arguments.data else "Random images."
    return results, f"{vs_epochs.table(results)}\n\n{vs_epochs.NOTES} {images}"


def run_start(arguments):
    """The seconds from a process's start to its first step, and the report."""
    with image_folder(arguments) as folder:
        results = vs_start.compare(arguments, folder)
    return results, vs_start.report(results)


def run_part(part, arguments):
    """The results of one part, and the report."""
    if part in ("epochs", "start"):
        return {"epochs": run_epochs, "start": run_start}[part](arguments)
    results = vs_rows.compare_all(part, arguments)
    return results, vs_rows.report(results)


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=(*PARTS, "all"), default="all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin", help="the folder of Reel's programs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also writes everything measured to FILE")
    rows = parser.add_argument_group("layers and inference")
    rows.add_argument("--rows", default="", metavar="REGEX", help="only shapes whose op/name matches")
    rows.add_argument("--seconds", type=float, default=0.3, help="for each measurement of a row (default 0.3)")
    epochs = parser.add_argument_group("epochs and start")
    names = list(vs_epochs.LEARNING_RATE)
    epochs.add_argument("--models", nargs="+", choices=names, default=names, metavar="MODEL")
    epochs.add_argument("--fraction", type=float, help="of an epoch (default 1 for lenet5, 0.2 for cnn and vgg)")
    epochs.add_argument("--data", help="folder with MNIST's four files (default: random images)")
    arguments = parser.parse_args()
    arguments.bin = arguments.bin.resolve()
    arguments.parts = PARTS if arguments.part == "all" else (arguments.part,)
    for program in {PROGRAM[part] for part in arguments.parts}:
        if not (arguments.bin / program).exists():
            parser.error(f"{arguments.bin / program} is not there: build it first, or name its folder with --bin")
    if arguments.fraction is not None and not 0 < arguments.fraction <= 1:
        parser.error("--fraction is more than 0 and at most 1")
    if min(arguments.threads, arguments.repeat) < 1 or arguments.seconds <= 0:
        parser.error("--threads, --repeat and --seconds are more than 0")
    return arguments


def main():
    """Runs the comparisons and prints each part's report as soon as it is there."""
    arguments = parse_arguments()
    for name in [name for name in os.environ if name.startswith(("OPENBLAS_", "MKL_"))]:
        del os.environ[name]  # each library chooses its kernels for this processor
    about = machine(arguments.threads)
    results = {}
    for part in arguments.parts:
        results[part], report = run_part(part, arguments)
        print(f"## {part.capitalize()}\n\n{report}\n", flush=True)
    print(describe(about))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": about, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()

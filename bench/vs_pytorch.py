"""Times training with Reel and with PyTorch, in turns on the same machine, and prints their ratio.

    python3 bench/vs_pytorch.py --data DIR                  three models, three rounds, two threads
    python3 bench/vs_pytorch.py --models lenet5 --repeat 5  random images of MNIST's size

A round runs Reel, PyTorch, and PyTorch with channels_last in turn, each in a process of its own; the table
has the medians over the rounds and compares Reel with the faster of PyTorch's two layouts. Both train the same model
in batches of 64, on the same number of threads.

PyTorch is given its best: oneDNN, an allocator that keeps its memory (the MALLOC_ settings below, read by glibc when
the process starts), images that are float tensors already, batches by indexing with a permutation instead of a
DataLoader, SGD in its fused form, and a warm-up before the clock starts. Reel is timed as it is used: its seconds are
those of the first epoch of a fresh process, with the conversion of the images and without a warm-up.

Needs torch and numpy, and the program build/release/bin/mnist.
"""

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES, BATCH = 60_000, 64
WARM_UP_STEPS = 20
LEARNING_RATE = {"lenet5": 0.02, "cnn": 0.02, "vgg": 0.05}
FRACTION = {"lenet5": 1.0, "cnn": 0.2, "vgg": 0.2}  # of an epoch; the time is scaled to a whole one
LAYOUTS = ("contiguous", "channels_last")
BEST_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}


# --- PyTorch's side: one run in a process of its own (--pytorch-run), which prints one line of JSON


def make_model(name):
    """The same layers as Reel's program has them."""
    from torch.nn import BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential

    if name == "lenet5":
        return Sequential(
            Conv2d(1, 6, 5, padding=2), ReLU(), MaxPool2d(2), Conv2d(6, 16, 5), ReLU(), MaxPool2d(2), Flatten(),
            Linear(400, 120), ReLU(), Linear(120, 84), ReLU(), Linear(84, 10),
        )  # fmt: skip
    if name == "cnn":
        return Sequential(
            Conv2d(1, 32, 3), ReLU(), Conv2d(32, 64, 3), ReLU(), MaxPool2d(2), Flatten(),
            Linear(9216, 128), ReLU(), Linear(128, 10),
        )  # fmt: skip
    layers, channels = [], 1
    for width in (32, 64, 128):
        for _ in range(2):
            layers += [Conv2d(channels, width, 3, padding=1, bias=False), BatchNorm2d(width), ReLU()]
            channels = width
        layers.append(MaxPool2d(2))
    return Sequential(*layers, Flatten(), Linear(1152, 10))


def load_images(folder):
    """MNIST's training images as normalised floats [60000, 1, 28, 28], and the labels as int64."""
    import numpy as np
    import torch

    def read(name, header):
        path = Path(folder) / name
        data = gzip.decompress(Path(f"{path}.gz").read_bytes()) if not path.exists() else path.read_bytes()
        return torch.from_numpy(np.frombuffer(data, dtype=np.uint8)[header:].copy())

    pixels = read("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    pixels = pixels.float().div_(255).sub_(0.1307).div_(0.3081)  # in place, which keeps the peak memory down
    return pixels, read("train-labels-idx1-ubyte", 8).long()


def train(model, optimizer, images, labels, order, to_layout):
    """One pass over the images in `order`; returns the mean loss."""
    import torch

    total = torch.zeros(())
    for batch in order.split(BATCH):
        loss = torch.nn.functional.cross_entropy(model(to_layout(images[batch])), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(batch)
    return total.item() / len(order)


def peak_rss():
    """The largest resident size of this process so far, in bytes."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def pytorch_run(name, layout, threads, images_wanted, folder):
    """Trains on `images_wanted` images and prints seconds, loss and memory."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    images, labels = load_images(folder)
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    to_layout = lambda x: x.contiguous(memory_format=memory_format)

    def fresh():
        model = make_model(name).to(memory_format=memory_format)
        return model, torch.optim.SGD(model.parameters(), lr=LEARNING_RATE[name], momentum=0.9, fused=True)

    # Warmed up on a model that is thrown away, so that the one on the clock starts from scratch, as Reel's does.
    train(*fresh(), images, labels, torch.randperm(len(images))[: WARM_UP_STEPS * BATCH], to_layout)
    model, optimizer = fresh()
    start = time.perf_counter()
    loss = train(model, optimizer, images, labels, torch.randperm(len(images))[:images_wanted], to_layout)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "loss": loss, "peak_rss": peak_rss(), "version": torch.__version__}))


# --- both sides, run in turns


def run_pytorch(name, layout, threads, count, folder):
    """One run of PyTorch in a process of its own; its threads and its allocator are set before it starts."""
    number = str(threads)
    environment = os.environ | BEST_ALLOCATOR | {"OMP_NUM_THREADS": number, "MKL_NUM_THREADS": number}
    command = [sys.executable, __file__, "--pytorch-run", name, layout, number, str(count), str(folder)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def run_reel(program, name, threads, count, folder):
    """One run of Reel's program for one epoch; its seconds are read from its log."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log.jsonl"
        options = {"--model": name, "--epochs": 1, "--batch-size": BATCH, "--threads": threads, "--seed": 0,
                   "--data": folder, "--log": log}  # fmt: skip
        command = [str(program)] + [str(word) for pair in options.items() for word in pair]
        if count < IMAGES:
            command += ["--train-limit", str(count)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=scratch)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stderr}")
        configuration, *epochs = [json.loads(line) for line in log.read_text().splitlines() if line.strip()]
    last = epochs[-1]
    return {"seconds": last["train_seconds"], "loss": last["train_loss"], "peak_rss": last["peak_rss_bytes"],
            "test_accuracy": last.get("test_accuracy"), "configuration": configuration}  # fmt: skip


def write_synthetic(folder):
    """Random images and labels in MNIST's files, 60,000 to train and 10,000 to test."""
    import numpy as np

    rng = np.random.default_rng(0)
    for part, count in [("train", IMAGES), ("t10k", 10_000)]:
        pixels = rng.integers(0, 256, count * 784, dtype=np.uint8).tobytes()
        labels = rng.integers(0, 10, count, dtype=np.uint8).tobytes()
        sizes = b"".join(size.to_bytes(4, "big") for size in (0x803, count, 28, 28))
        (Path(folder) / f"{part}-images-idx3-ubyte").write_bytes(sizes + pixels)
        sizes = b"".join(size.to_bytes(4, "big") for size in (0x801, count))
        (Path(folder) / f"{part}-labels-idx1-ubyte").write_bytes(sizes + labels)


def summary(runs, scale):
    """Median, least and greatest seconds of whole epochs, and the medians of the rest."""
    seconds = [run["seconds"] * scale for run in runs]
    result = {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds)}
    return result | {key: statistics.median(run[key] for run in runs) for key in ("loss", "peak_rss")}


def compare(name, arguments, folder):
    """All rounds of one model; returns every run, the summaries and the ratios."""
    steps = round((arguments.fraction or FRACTION[name]) * IMAGES / BATCH)
    count = min(max(steps, 1) * BATCH, IMAGES)
    runs = {"reel": [], **{layout: [] for layout in LAYOUTS}}
    for repeat in range(arguments.repeat):
        runs["reel"].append(run_reel(arguments.reel, name, arguments.threads, count, folder))
        for layout in LAYOUTS:
            runs[layout].append(run_pytorch(name, layout, arguments.threads, count, folder))
        times = ", ".join(f"{side} {runs[side][-1]['seconds']:.2f} s" for side in runs)
        print(f"{name}, round {repeat + 1} of {arguments.repeat}, {count} images: {times}", file=sys.stderr)
    sides = {side: summary(results, IMAGES / count) for side, results in runs.items()}
    better = min(LAYOUTS, key=lambda layout: sides[layout]["median"])
    pairs = [a["seconds"] / b["seconds"] for a, b in zip(runs["reel"], runs[better])]
    return {"model": name, "images": count, "better_layout": better, "sides": sides, "runs": runs,
            "ratio": sides["reel"]["median"] / sides[better]["median"], "ratios": pairs}  # fmt: skip


# --- the report


def machine(results, threads):
    """What the numbers depend on."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    torch_version = results[0]["runs"][LAYOUTS[0]][0]["version"] if results else None
    return {"cpu": cpu, "cores": len(os.sched_getaffinity(0)), "threads": threads, "load_at_start": os.getloadavg()[0],
            "system": platform.platform(), "python": platform.python_version(), "pytorch": torch_version}  # fmt: skip


def table(results):
    """The comparison in Markdown."""
    cell = lambda side: f"{side['median']:.2f} ({side['min']:.2f}-{side['max']:.2f})"
    megabytes = lambda side: f"{side['peak_rss'] / 1e6:.0f}"
    lines = [
        "| model | images timed | Reel, s/epoch | PyTorch, s/epoch | PyTorch channels_last, s/epoch "
        "| Reel/PyTorch (rounds) | loss Reel / PyTorch | peak RSS, MB: Reel / PyTorch |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        reel, best = result["sides"]["reel"], result["sides"][result["better_layout"]]
        ratio = f"**{result['ratio']:.2f}** ({min(result['ratios']):.2f}-{max(result['ratios']):.2f})"
        layouts = " | ".join(cell(result["sides"][layout]) for layout in LAYOUTS)
        lines.append(
            f"| {result['model']} | {result['images']} | {cell(reel)} | {layouts} | {ratio} "
            f"| {reel['loss']:.3f} / {best['loss']:.3f} | {megabytes(reel)} / {megabytes(best)} |"
        )
    return "\n".join(lines)


def report(results, about):
    """The table, what its columns mean, and the machine."""
    notes = (
        "Seconds are medians (least-greatest) of the rounds, scaled to an epoch of 60,000 images in batches of 64. "
        "The ratio takes the faster of PyTorch's layouts; below 1, Reel is faster. PyTorch is warmed up, Reel isn't. "
        "Losses are means over the images timed. PyTorch's memory holds Python, its libraries and all images as floats."
    )
    system = (
        f"{about['cpu']}, {about['cores']} cores, {about['threads']} threads for each, "
        f"load {about['load_at_start']:.1f} at the start; PyTorch {about['pytorch']}, Python {about['python']}, "
        f"{about['system']}, {'random images' if about['synthetic'] else 'images from --data'}."
    )
    return f"{table(results)}\n\n{notes}\n\n{system}"


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", nargs="+", choices=LEARNING_RATE, default=list(LEARNING_RATE), metavar="MODEL")
    parser.add_argument("--repeat", type=int, default=3, help="rounds for each model (default 3)")
    parser.add_argument("--fraction", type=float, help="of an epoch (default 1 for lenet5, 0.2 for cnn and vgg)")
    parser.add_argument("--data", help="folder with MNIST's four files (default: random images)")
    parser.add_argument("--reel", type=Path, default=ROOT / "build/release/bin/mnist", help="Reel's program")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also writes everything measured to FILE")
    arguments = parser.parse_args()
    arguments.reel = arguments.reel.resolve()
    if not arguments.reel.exists():
        parser.error(f"{arguments.reel} is not there: build it first, or name it with --reel")
    if arguments.fraction is not None and not 0 < arguments.fraction <= 1:
        parser.error("--fraction is more than 0 and at most 1")
    return arguments


def main():
    """Runs the comparison and prints the table."""
    arguments = parse_arguments()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        if not arguments.data:
            write_synthetic(scratch)
        folder = Path(arguments.data or scratch).resolve()
        results = [compare(name, arguments, folder) for name in arguments.models]
    about = machine(results, arguments.threads) | {"load_at_start": load, "synthetic": not arguments.data}
    print(report(results, about))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": about, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pytorch-run"]:
        model_name, layout_name, thread_count, image_count, data_folder = sys.argv[2:]
        pytorch_run(model_name, layout_name, int(thread_count), int(image_count), data_folder)
    else:
        main()

"""Whole epochs of training with Reel and with PyTorch, in turns. vs_pytorch.py is the program.

A round runs Reel, PyTorch, and PyTorch with channels_last in turn, each in a process of its own. Both train the same
model in batches of 64, on the same number of threads. PyTorch has images that are float tensors already, batches by
indexing with a permutation instead of a DataLoader, SGD in its fused form, and a warm-up before the clock starts. Reel
is timed as it is used: its seconds are those of the first epoch of a fresh process, with the conversion of the images
and without a warm-up.
"""

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pytorch_setup import LAYOUTS, best_environment, make_model, memory_format

IMAGES, BATCH = 60_000, 64
WARM_UP_STEPS = 20
LEARNING_RATE = {"lenet5": 0.02, "cnn": 0.02, "vgg": 0.05}
FRACTION = {"lenet5": 1.0, "cnn": 0.2, "vgg": 0.2}  # of an epoch; the time is scaled to a whole one
NOTES = (
    "Seconds are medians (least-greatest) of the rounds, scaled to an epoch of 60,000 images in batches of 64. "
    "The ratio takes the faster of PyTorch's layouts; below 1, Reel is faster. PyTorch is warmed up, Reel isn't. "
    "Losses are means over the images timed. PyTorch's memory holds Python, its libraries and all images as floats."
)


# --- PyTorch's side: one run in a process of its own, which prints one line of JSON


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
    wanted = memory_format(layout)
    to_layout = lambda x: x.contiguous(memory_format=wanted)

    def fresh():
        model = make_model(name).to(memory_format=wanted)
        return model, torch.optim.SGD(model.parameters(), lr=LEARNING_RATE[name], momentum=0.9, fused=True)

    # Warmed up on a model that is thrown away, so that the one on the clock starts from scratch, as Reel's does.
    train(*fresh(), images, labels, torch.randperm(len(images))[: WARM_UP_STEPS * BATCH], to_layout)
    model, optimizer = fresh()
    start = time.perf_counter()
    loss = train(model, optimizer, images, labels, torch.randperm(len(images))[:images_wanted], to_layout)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "loss": loss, "peak_rss": peak_rss()}))


# --- both sides, run in turns


def run_pytorch(name, layout, threads, count, folder):
    """One run of PyTorch in a process of its own."""
    command = [sys.executable, __file__, name, layout, str(threads), str(count), str(folder)]
    done = subprocess.run(command, env=best_environment(threads), stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def run_reel(program, name, threads, count, folder):
    """One run of Reel's program for one epoch; its seconds are read from its log."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch) / "log.jsonl"
        options = {"--model": name, "--epochs": 1, "--batch-size": BATCH, "--threads": threads, "--seed": 0,
                   "--lr": LEARNING_RATE[name], "--data": folder, "--log": log}  # fmt: skip
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
        runs["reel"].append(run_reel(arguments.bin / "mnist", name, arguments.threads, count, folder))
        for layout in LAYOUTS:
            runs[layout].append(run_pytorch(name, layout, arguments.threads, count, folder))
        times = ", ".join(f"{side} {runs[side][-1]['seconds']:.2f} s" for side in runs)
        print(f"{name}, round {repeat + 1} of {arguments.repeat}, {count} images: {times}", file=sys.stderr)
    sides = {side: summary(results, IMAGES / count) for side, results in runs.items()}
    better = min(LAYOUTS, key=lambda layout: sides[layout]["median"])
    pairs = [a["seconds"] / b["seconds"] for a, b in zip(runs["reel"], runs[better])]
    return {"model": name, "images": count, "better_layout": better, "sides": sides, "runs": runs,
            "ratio": sides["reel"]["median"] / sides[better]["median"], "ratios": pairs}  # fmt: skip


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


if __name__ == "__main__":
    model_name, layout_name, thread_count, image_count, data_folder = sys.argv[1:]
    pytorch_run(model_name, layout_name, int(thread_count), int(image_count), data_folder)

#!/usr/bin/env python3
"""Draws docs/images/roofline.png: the convolutions of a comparison with PyTorch under the roof of the machine.

    ./run bench --benchmark_filter=machine
    python3 bench/vs_pytorch.py --part layers --rows conv2d --json conv.json
    python3 docs/roofline.py build/bench.json conv.json

A point's height is the arithmetic of the plain convolution (2 operations for each multiplication and addition of its
definition) over the measured time, so a fast algorithm may stand above the roof. Its place from left to right is that
arithmetic over the bytes which have to move at least: every input read once, every result written once, in float32. With
both gradients, the three passes add up. Needs matplotlib.
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

IMAGE = Path(__file__).resolve().parent / "images" / "roofline.png"
PASSES = {"forward": "forward", "forward_backward": "forward and both gradients"}
SIDES = {"reel": ("Reel", "tab:red", "o"), "pytorch": ("PyTorch", "tab:blue", "s")}


def roof(path, threads):
    """Peak GFLOP/s and GB/s of the machine."""
    rows = {row["name"]: row for row in json.loads(Path(path).read_text())["benchmarks"]}
    return (rows[f"machine/multiply-add/threads:{threads}/real_time"]["GFLOP/s"],
            rows[f"machine/stream/threads:{threads}/real_time"]["GB/s"])  # fmt: skip


def work(shape, with_gradients):
    """Floating-point operations and least bytes of a convolution."""
    reach = shape["dilation"] * (shape["kernel"] - 1) + 1
    out_size = (shape["size"] + 2 * shape["padding"] - reach) // shape["stride"] + 1
    x = shape["batch"] * shape["in_channels"] * shape["size"] ** 2
    y = shape["batch"] * shape["out_channels"] * out_size**2
    w = shape["out_channels"] * shape["in_channels"] // shape["groups"] * shape["kernel"] ** 2
    operations = 2 * y * w // shape["out_channels"]
    passes = 3 if with_gradients else 1  # each of them touches x, y and w once
    return operations * passes, 4 * (x + y + w) * passes


def draw(axes, title, results, peak, bandwidth):
    """One pass: the roof, and a point for each side of every row."""
    ends = [0.5, peak / bandwidth, 1000]
    axes.plot(ends, [min(peak, bandwidth * x) for x in ends], color="black", lw=1)
    axes.annotate(f"{peak:.0f} GFLOP/s", (1000, peak), ha="right", va="bottom", fontsize=8)
    axes.annotate(f"{bandwidth:.0f} GB/s", (0.6, 0.6 * bandwidth), ha="left", va="bottom", rotation=38, fontsize=8)
    for result in results:
        operations, least_bytes = work(result["shape"], result["pass"] != "forward")
        intensity = operations / least_bytes
        heights = {side: operations / result[f"{side}_ms"] / 1e6 for side in SIDES}
        axes.plot([intensity] * 2, list(heights.values()), color="lightgray", lw=1, zorder=1)
        for side, (label, colour, marker) in SIDES.items():
            first = result is results[0]
            axes.plot(intensity, heights[side], marker, color=colour, ms=4, label=label if first else None)
        if result["shape"]["of_the_twelve"]:
            letter = result["shape"]["name"].split()[0]
            axes.annotate(letter, (intensity, max(heights.values())), xytext=(0, 4), textcoords="offset points",
                          ha="center", fontsize=8)  # fmt: skip
    axes.set(xscale="log", yscale="log", title=title, xlabel="FLOP for each byte that must move")
    axes.set_xlim(0.5, 1000)
    axes.set_ylim(20, 2000)
    axes.grid(color="0.9", lw=0.5)


def main():
    """Reads both files and writes the picture."""
    measured = json.loads(Path(sys.argv[2]).read_text())
    results = [result for result in measured["results"]["layers"] if result["shape"]["op"] == "conv2d"]
    threads = measured["machine"]["threads"]
    peak, bandwidth = roof(sys.argv[1], threads)
    figure, plots = pyplot.subplots(1, 2, figsize=(11, 4.6), sharey=True, layout="constrained")
    for axes, (name, title) in zip(plots, PASSES.items()):
        draw(axes, title, [result for result in results if result["pass"] == name], peak, bandwidth)
    plots[0].set_ylabel("GFLOP/s")
    plots[1].legend(loc="lower right")
    figure.suptitle(f"Convolutions on {threads} threads of an {measured['machine']['cpu']}", fontsize=10)
    figure.savefig(IMAGE, dpi=110)
    print(IMAGE)


if __name__ == "__main__":
    main()

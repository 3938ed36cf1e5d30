"""The rows of bench/shapes.h with Reel and with PyTorch, in turns. vs_pytorch.py is the program.

For every shape, and in every round, first Reel runs its rows and then PyTorch the same ones, in its two layouts. Reel's
milliseconds are those that build/release/bin/reel_bench writes as JSON. PyTorch's process (pytorch_rows.py) stays alive
between its turns, warm and with its memory.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from pytorch_setup import best_environment

NOTES = (
    "Milliseconds are medians of the rounds, for the faster of PyTorch's two layouts; the ratio is of the medians, "
    "with the ratios of single rounds beside it. Below 1, Reel is faster."
)
CHAIN_NOTES = (
    "For orientation only: PyTorch's chain is driven from Python, and its figure is mostly the interpreter's and the "
    "binding's cost. It is not what the same chain costs in PyTorch's C++."
)


def load_shapes(program, part, pattern):
    """What to measure for the part, as the benchmark program lists it."""
    shapes = json.loads(subprocess.run([program, "--shapes"], stdout=subprocess.PIPE, check=True).stdout)
    is_wanted = lambda shape: (shape["op"] == "inference") == (part == "inference")
    return [shape for shape in shapes if is_wanted(shape) and re.search(pattern, name_of(shape))]


def name_of(shape):
    """How a benchmark's name begins."""
    return f"{shape['op']}/{shape['name']}"


class PyTorch:
    """PyTorch's process, to be used in a `with`."""

    def __init__(self, threads, seconds):
        worker = Path(__file__).with_name("pytorch_rows.py")
        self.process = subprocess.Popen(
            [sys.executable, worker, str(threads), str(seconds)], env=best_environment(threads),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self):
        self.read()  # it has started
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def read(self):
        """What the process answers."""
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"PyTorch's process ended with {self.process.wait()}")
        return json.loads(line)

    def measure(self, shape):
        """Milliseconds by layout and pass."""
        self.process.stdin.write(json.dumps(shape) + "\n")
        self.process.stdin.flush()
        return self.read()


def measure_reel(program, shape, threads, seconds):
    """Milliseconds by pass."""
    prefix = name_of(shape)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "reel.json"
        command = [program, f"--threads={threads}", f"--benchmark_filter=^{prefix}/(forward|forward_backward|step)/",
                   f"--benchmark_min_time={seconds}", f"--benchmark_out={out}"]  # fmt: skip
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0 or not out.exists():
            sys.exit(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stderr}")
        rows = json.loads(out.read_text())["benchmarks"]
    to_milliseconds = {"ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1e3}
    pass_of = lambda row: row["name"][len(prefix) + 1 :].split("/")[0]
    return {pass_of(row): row["real_time"] * to_milliseconds[row["time_unit"]] for row in rows}


def compare(shape, rounds):
    """The results of one shape's rounds, a list of (Reel's, PyTorch's), by pass."""
    results = []
    for name in rounds[0][0]:
        reel = [ours[name] for ours, _ in rounds]
        layouts = {layout: [theirs[layout][name] for _, theirs in rounds] for layout in rounds[0][1]}
        better = min(layouts, key=lambda layout: statistics.median(layouts[layout]))
        median = {"reel": statistics.median(reel), "pytorch": statistics.median(layouts[better])}
        results.append({
            "shape": shape, "row": f"{name_of(shape)}/{name}", "pass": name, "better_layout": better,
            "reel_ms": median["reel"], "pytorch_ms": median["pytorch"], "ratio": median["reel"] / median["pytorch"],
            "ratios": [a / b for a, b in zip(reel, layouts[better])], "runs": {"reel": reel, **layouts},
        })  # fmt: skip
    return results


def compare_all(part, arguments):
    """Every row of a part: a result for each."""
    program = arguments.bin / "reel_bench"
    shapes = load_shapes(program, part, arguments.rows)
    results = []
    with PyTorch(arguments.threads, arguments.seconds) as pytorch:
        for shape in shapes:
            rounds = []
            for _ in range(arguments.repeat):
                reel = measure_reel(program, shape, arguments.threads, arguments.seconds)
                rounds.append((reel, pytorch.measure(shape)))
            results += compare(shape, rounds)
            for result in results[-len(rounds[0][0]) :]:
                print(f"{result['row']}: {result['ratio']:.2f}", file=sys.stderr)
    return results


def table(results):
    """The rows in Markdown."""
    lines = ["| row | Reel, ms | PyTorch, ms | its layout | Reel/PyTorch (rounds) |", "|---|---|---|---|---|"]
    for result in results:
        ratio = f"**{result['ratio']:.2f}** ({min(result['ratios']):.2f}-{max(result['ratios']):.2f})"
        times = f"{result['reel_ms']:.4g} | {result['pytorch_ms']:.4g}"
        lines.append(f"| {result['row']} | {times} | {result['better_layout']} | {ratio} |")
    return "\n".join(lines)


def chain_table(chains):
    """Nanoseconds an op of the mul-add chains, in Markdown."""
    lines = ["| chain, forward + backward | Reel, ns an op | PyTorch from Python, ns an op |", "|---|---|---|"]
    for result in chains:
        nanoseconds = [result[side] * 1e6 / result["shape"]["ops"] for side in ("reel_ms", "pytorch_ms")]
        lines.append(f"| {result['shape']['name']} | {nanoseconds[0]:.0f} | {nanoseconds[1]:.0f} |")
    return "\n".join(lines)


def report(results):
    """The tables, the twelve layers' mean, and the rows where Reel is the slower one."""
    chains = [result for result in results if result["shape"]["op"] == "mul_add_chain"]
    others = [result for result in results if result["shape"]["op"] != "mul_add_chain"]
    parts = [table(others), NOTES] if others else []
    twelve = [result["ratio"] for result in results
              if result["shape"].get("of_the_twelve") and result["pass"] == "forward_backward"]  # fmt: skip
    if twelve:
        mean = statistics.geometric_mean(twelve)
        which = "the twelve layers" if len(twelve) == 12 else f"{len(twelve)} of the twelve layers"
        parts.append(f"Forward + input gradient + weight gradient of {which} A to L: "
                     f"geometric mean **{mean:.3f}**, that is 1/{1 / mean:.2f}.")  # fmt: skip
    slower = [f"{result['row']} ({result['ratio']:.2f})" for result in others if result["ratio"] > 1]
    if others:
        parts.append(f"Slower than PyTorch, {len(slower)} of {len(others)} rows: {', '.join(slower) or 'none'}.")
    if chains:
        parts += [chain_table(chains), CHAIN_NOTES]
    return "\n\n".join(parts)

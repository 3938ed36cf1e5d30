#!/usr/bin/env python3
"""Kills training runs with SIGKILL at random moments, while they save too, and has each go on until it is done: every
checkpoint must be whole, and the weights at the end those of a run that nobody stopped.

Usage: tests/kill_test.py PATH/TO/mnist [KILLS [SEED]]
"""

import pathlib
import random
import struct
import subprocess
import sys
import tempfile

IMAGES = 1000


def write_idx(path, magic, sizes, content):
    path.write_bytes(struct.pack(f">I{len(sizes)}I", magic, *sizes) + content)


def write_digits(folder, draw):
    """A data set of noise: what is learned does not matter here."""
    for part, count in (("train", IMAGES), ("t10k", 100)):
        write_idx(folder / f"{part}-images-idx3-ubyte", 0x803, (count, 28, 28), draw.randbytes(count * 784))
        write_idx(folder / f"{part}-labels-idx1-ubyte", 0x801, (count,), bytes(draw.randrange(10) for _ in range(count)))


class Runs:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def command(self, checkpoints, save):
        return [self.program, "--data", "digits", "--model", "lenet5", "--batch-size", "20", "--epochs", "6",
                "--schedule", "one-cycle", "--augment", "affine", "--seed", "3", "--mistakes", "", "--save", save,
                "--checkpoints", checkpoints, "--checkpoint-steps", "3", "--log", f"{checkpoints}.jsonl"]

    def weights(self, checkpoints, kill_after=None):
        """The weights at the end; nothing where the run was killed before."""
        save = f"{checkpoints}.safetensors"
        run = subprocess.Popen(self.command(checkpoints, save), cwd=self.folder, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
        try:
            output, _ = run.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            run.kill()
            run.communicate()
            return None
        if run.returncode != 0:
            sys.exit(f"a run that went on from {checkpoints} failed:\n{output}")
        return (self.folder / save).read_bytes()

    def leftovers(self, checkpoints):
        return len(list((self.folder / checkpoints).glob("*.tmp.*")))


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    draw = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "digits").mkdir()
        write_digits(folder / "digits", draw)
        runs = Runs(program, folder)
        expected = runs.weights("whole")
        kills = finished = while_saving = 0
        while kills < wanted or finished == 0:
            checkpoints = f"killed{finished}"
            while (weights := runs.weights(checkpoints, draw.uniform(0.01, 0.4))) is None:
                kills += 1
                while_saving += runs.leftovers(checkpoints) > 0
            if weights != expected:
                sys.exit(f"after {kills} kills: the weights of {checkpoints} are not those of the run that nobody stopped")
            if runs.leftovers(checkpoints):
                sys.exit(f"{checkpoints} still has what a run had left when it was killed")
            finished += 1
        print(f"{kills} kills, {while_saving} of them while a file was written; {finished} runs came to the same weights")
        if wanted >= 50 and while_saving == 0:
            sys.exit("no kill came while a file was written: nothing was shown about that")


if __name__ == "__main__":
    main()

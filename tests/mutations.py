#!/usr/bin/env python3
"""Breaks gradients on purpose, one at a time, and shows that the tests notice: `python3 tests/mutations.py [NAME...]`.

Each mutation changes one place in the sources: a dropped term, a wrong sign, a missing transpose, a zero, a swapped
stride, a wrong scale. It is compiled into the tests, and some test has to fail. It works on a copy of the sources in
build/mutations, never on the checkout. With names, only the mutations whose file's name contains one of them.

Ends with status 1 where a mutation survived or doesn't fit the sources any more. Takes some five seconds a mutation.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "build" / "mutations"
FOLDERS = ["core", "autograd", "nn", "optim", "data", "training", "tests", "cmake"]
OPS = "autograd/ops/"
KERNELS = "core/kernels/"

# Tests that are asked first, since they notice most; a mutation that gets by them meets all the others.
QUICK = "*agree with PyTorch*,gradients*,*gradcheck*,grad*"

# file, the text that stands there once, what takes its place, what that is
MUTATIONS = [
    (OPS + "arithmetic.cpp", "i == 0 ? grad : -grad", "i == 0 ? grad : grad", "sub: the sign of b's gradient"),
    (OPS + "arithmetic.cpp", "grad * (i == 0 ? b : a)", "grad * (i == 0 ? a : b)", "mul: the factors change places"),
    (OPS + "arithmetic.cpp", "-(grad * a) / (b * b)", "-(grad * a) / b", "div: b once instead of squared"),
    (OPS + "arithmetic.cpp", "-(grad * a) / (b * b)", "(grad * a) / (b * b)", "div: the sign of b's gradient"),
    (OPS + "arithmetic.cpp", "i == 0 ? is_a : 1.0 - is_a", "i == 0 ? is_a : is_a", "maximum: both get a's share"),
    (OPS + "unary.cpp", "g * sign(v)", "g * sign(v) * sign(v)", "abs: the sign is forgotten"),
    (OPS + "arithmetic.cpp", "exponent * pow(a, exponent - 1)", "pow(a, exponent - 1)", "pow: no exponent in front"),
    (OPS + "arithmetic.cpp", "exponent * pow(a, exponent - 1)", "exponent * pow(a, exponent)", "pow: one power too many"),
    (OPS + "unary.cpp", "return g / v;", "return g * v;", "log: times instead of divided by"),
    (OPS + "unary.cpp", "g / (2.0 * y)", "g / y", "sqrt: a half is lost"),
    (OPS + "unary.cpp", "slope(grad, step.output(y))", "slope(grad, step.output(y).detach())",
     "exp and its like: no second derivative"),
    (OPS + "unary.cpp", "-(g * sin(v))", "g * sin(v)", "cos: the sign"),
    (OPS + "arithmetic.cpp", "where(condition, zero, grad)", "where(condition, grad, zero)", "where: b gets a's mask"),
    (OPS + "arithmetic.cpp", "where(logical_and(is_above, is_below), grad, scalar_like(0, a))", "grad", "clamp: all passes"),
    (OPS + "arithmetic.cpp", "i == 0 ? share * x : -(share * y)", "i == 0 ? share * x : share * y", "atan2: x's sign"),
    (OPS + "arithmetic.cpp", "grad * (b * pow(safe(is_bad), b - 1.0))", "grad * pow(safe(is_bad), b - 1.0)",
     "pow of tensors: no exponent in front"),
    (OPS + "unary.cpp", "g * (1.0 + y * y)", "g * (1.0 + y)", "tan: y instead of its square"),
    (OPS + "unary.cpp", "-(g * rsqrt(1.0 - v * v))", "g * rsqrt(1.0 - v * v)", "acos: the sign"),
    (OPS + "activation.cpp", "grad * s * (1.0 - s)", "grad * s", "sigmoid: 1 - s is dropped"),
    (OPS + "activation.cpp", "grad * (1.0 - t * t)", "grad * (1.0 - t)", "tanh: t instead of its square"),
    (OPS + "activation.cpp", "below + x * density", "below", "gelu: the density's term is dropped"),
    (OPS + "activation.cpp", "s * (grad - sum(grad * s, {axis}, true))", "s * grad", "softmax: the mean is dropped"),
    (OPS + "activation.cpp", "grad - exp(step.output(y)) * sum(grad, {axis}, true)", "grad", "log_softmax: only grad"),
    (OPS + "reduce.cpp", "spread(grad * scale, shape, axes)", "spread(grad, shape, axes)", "mean: no scale"),
    (OPS + "reduce.cpp", "2 / (n - static_cast<double>(correction))", "2 / n", "var: the population's scale"),
    (OPS + "reduce.cpp", "spread(grad, share.shape(), axes) * share", "spread(grad, share.shape(), axes)",
     "max: everybody gets the gradient"),
    (OPS + "reduce.cpp", "mask / sum(mask, axes, true)", "mask", "max: ties get all instead of a share"),
    (OPS + "reduce.cpp", "share * a * pow(ratio, p - 2)", "share * a * pow(ratio, p - 1)", "norm: one power too many"),
    (OPS + "reduce.cpp", "exp(a - spread(step.output(y), a.shape(), axes))", "exp(a - spread(step.output(y).detach(), a.shape(), axes))",
     "logsumexp: a wrong second derivative"),
    (OPS + "reduce.cpp", "spread(share, a.shape(), axes) * (a - mean(a, axes, true))", "spread(share, a.shape(), axes) * a",
     "stddev: the mean is not taken off"),
    (OPS + "scan.cpp", "cumsum(grad, axis, !reverse)", "cumsum(grad, axis, reverse)", "cumsum: the same way back"),
    (OPS + "scan.cpp", "narrow(a, axis, 0, n - reach);", "narrow(a, axis, reach, n - reach);", "cumprod: squares"),
    (OPS + "einsum.cpp", "0, n * n, n + 1)", "0, n * n, n)", "einsum: a column instead of the diagonal"),
    (OPS + "matmul.cpp", "matmul(transpose(grad, 0, 1), x)", "transpose(matmul(transpose(x, 0, 1), grad), 0, 1) * 2.0",
     "linear: the weight's gradient twice"),
    (OPS + "matmul.cpp", "sum(grad, {0})", "mean(grad, {0})", "linear: mean instead of sum for the bias"),
    (OPS + "matmul.cpp", "matmul(transpose(a, -1, -2), grad)", "matmul(transpose(a, -1, -2), grad) * 0.0",
     "matmul: a zero for b"),
    (OPS + "view.cpp", "inverse[normalize_axis(\"permute\", order[i], order.rank())] = i", "inverse[i] = order[i]",
     "permute: the order itself instead of its inverse"),
    (OPS + "view.cpp", "{embed(grad, from, axis, start, start + length, 1)}",
     "{embed(grad, from, axis, 0, length, 1)}", "narrow: the gradient at the beginning"),
    (OPS + "view.cpp", "      start += lengths[i];\n", "", "concatenate: every part gets the first's gradient"),
    (OPS + "index.cpp", "{grad, step.wants(1) ? gather(grad, axis, index)", "{grad, step.wants(1) ? gather(grad, axis, index) * 2.0",
     "gather: a wrong second derivative"),
    (OPS + "index.cpp", "indices, grad, true)", "indices, grad)", "index: of one element read twice, one gradient is lost"),
    (OPS + "index.cpp", "return accumulate ? grad :", "return true ? grad :",
     "index_put: what was written over gets a gradient"),
    (OPS + "rearrange.cpp", "{roll(grad, back, axes)}", "{roll(grad, shifts, axes)}", "roll: the gradient goes on, not back"),
    (KERNELS + "advanced_index.cpp", "adjacent ? first : 0", "adjacent ? first : first",
     "index: the axes of tensors that lie apart"),
    (OPS + "conv.cpp", "transposed(grad, w, {}, g) : Variable()", "transposed(-grad, w, {}, g) : Variable()",
     "conv2d: the sign of the input's gradient"),
    (OPS + "conv.cpp", "sum(grad, {0, 2, 3})", "sum(grad, {0, 2, 3}) * 0.5", "conv2d: half of the bias's gradient"),
    (OPS + "conv.cpp", "step.wants(0) ? transposed(grad, upstream, {}, g)",
     "step.wants(0) ? transposed(upstream.detach() * 0.0 + grad, upstream.detach(), {}, g)",
     "weight_grad: its own derivative is cut off"),
    (OPS + "conv.cpp", "step.wants(1) ? forward(x, upstream, {}, g)", "step.wants(1) ? forward(x, -upstream, {}, g)",
     "weight_grad: the sign for the output's gradient"),
    (OPS + "conv.cpp", "const Variable grad = back_in(upstream);", "const Variable grad = upstream;",
     "conv2d_relu: the ReLU lets all through"),
    (OPS + "norm.cpp", "- normal * mean(grad * normal, axes, true)", "", "batch_norm, recorded: the variance's term"),
    (OPS + "pad.cpp", "{pad(upstream, amounts, mode)}", "{pad(upstream, amounts, PaddingMode::zeros)}",
     "pad: the second derivative forgets the mode"),
    (KERNELS + "norm_grads.cpp", "static_cast<T>(-w * r * sums.first / n)", "T{0}", "batch_norm: the mean's term is dropped"),
    (KERNELS + "norm_grads.cpp", "-w * r * r * r * sums.second / n", "-w * r * r * sums.second / n",
     "batch_norm: rstd squared instead of cubed"),
    (KERNELS + "norm_grads.cpp", "static_cast<T>(sums.second * r)", "static_cast<T>(sums.second)",
     "batch_norm: the weight's gradient without rstd"),
    (KERNELS + "softmax.cpp", "to[label[i] * runs.step] -= factor * of_label;", "to[label[i] * runs.step] -= factor;",
     "cross_entropy: weight and smoothing are forgotten at the label"),
    (KERNELS + "softmax.cpp", "factor * (of_label + shares.sum) /", "factor * of_label /",
     "cross_entropy: the share of the other classes is dropped"),
    (KERNELS + "layer_norm.cpp", "is_centred ? -r * sums.first / n : 0", "0.0 * r", "layer_norm: the mean's term is dropped"),
    (KERNELS + "layer_norm.cpp", "-r * r * r * sums.second / n", "-r * r * sums.second / n",
     "layer_norm: rstd squared instead of cubed"),
    (KERNELS + "update.cpp", "s.nesterov ? d + s.momentum * b[i] : b[i]", "b[i]", "SGD: Nesterov is plain momentum"),
    (KERNELS + "update.cpp", "b[i] = s.kept * b[i] + s.taken * d;", "b[i] = s.kept * b[i] + d;",
     "SGD: dampening is forgotten"),
    (KERNELS + "update.cpp", "m[i] = a.beta1 * m[i] + a.rest1 * d;\n    v[i] = a.beta2 * v[i] + a.rest2 * d * d;\n    p[i]",
     "m[i] = a.beta1 * m[i] + a.rest1 * d;\n    v[i] = a.beta2 * v[i] + a.rest2 * d;\n    p[i]",
     "Adam: the gradient isn't squared"),
    ("autograd/tape.cpp", "gradient = before + gradient;", "gradient = gradient * 1.0;", "a leaf's gradients don't add up"),
    (KERNELS + "im2col.cpp", "oh * g.stride_h + tap.down", "oh * g.stride_w + tap.down", "col2im: a swapped stride"),
    (KERNELS + "im2col.cpp", "row[i * g.stride_w] += line[i]", "row[i * g.stride_w] = line[i]",
     "col2im: windows that overlap don't add up"),
    (KERNELS + "conv_direct_weight.cpp", "sums[o * sums_step + k] += hn::GetLane", "sums[o * sums_step + k] = hn::GetLane",
     "conv2d's direct kernel: only the last unit counts for the weight"),
    (KERNELS + "conv_winograd.cpp", "turned.pad_top = 2 - g.pad_top", "turned.pad_top = g.pad_top",
     "conv2d by Winograd: the input gradient's padding"),
    (KERNELS + "conv_winograd.cpp", "layout.is_turned ? 8 - 3 * r - t : 3 * r + t", "3 * r + t",
     "conv2d by Winograd: the taps aren't turned round"),
    (KERNELS + "winograd-inl.h", "to[2] = add_times(by.power[p][2], even, to[2]);", "to[2] = even;",
     "conv2d by Winograd: a term of the weight's gradient is dropped"),
    (KERNELS + "attention.cpp", "scale_row(dq, dq, scale, rows * width);", "",
     "attention: the query's gradient isn't scaled"),
    (KERNELS + "attention.cpp", "mean += y[c] * dy[row * value_width + c]", "mean += 0 * y[c]",
     "attention: the softmax's mean is dropped"),
    (OPS + "attention.cpp", "1 / std::sqrt(static_cast<double>(heads.query.size(3)))", "1.0",
     "attention with weights: no scale"),
    (KERNELS + "rnn.cpp", "for (std::int64_t i = size.steps - 1; i >= 0; --i) run_step",
     "for (std::int64_t i = 0; i < size.steps; ++i) run_step", "RNN: backward through time in the wrong direction"),
    (OPS + "rnn.cpp", "cell == RnnCell::gru ? grads.bias : bias", "bias", "GRU: the state's bias as the input's"),
    (OPS + "pool.cpp", "{pick_choice(upstream, choice, g)}", "{Variable(pick_choice(upstream, choice, g).value())}",
     "max_pool2d: no second derivative"),
    (OPS + "embedding.cpp", "rows.detach(), rows)", "rows, rows)", "embedding: the padding row gets a gradient"),
    (OPS + "loss.cpp", "c * (d - 0.5 * c)", "c * (d - c)", "huber: a half is lost"),
    (OPS + "loss.cpp", "grad * (input - target) / spread", "grad * (target - input) / spread",
     "binary_cross_entropy: the sign"),
    (OPS + "loss.cpp", "exp(target) * (target - input)", "target - input", "kl_div: log_target is forgotten"),
]


def run(command, **options):
    """The finished process, its output kept."""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def copy_sources():
    """Brings build/mutations/source up to date, without touching files that are as they were."""
    source = COPY / "source"
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            to = source / path.relative_to(ROOT)
            if path.is_file() and not (to.exists() and to.read_bytes() == path.read_bytes()):
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, to)
    for name in ["CMakeLists.txt", "reel.h"]:
        shutil.copyfile(ROOT / name, source / name)
    return source


def configure(source):
    """The folder that the copy is built in."""
    build = COPY / "build"
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DREEL_BUILD_EXAMPLES=OFF", "-DREEL_BUILD_BENCH=OFF",
               "-DCMAKE_CXX_FLAGS=-w"]  # what a mutation leaves unused is no error  # fmt: skip
    done = run(["cmake", "-G", "Ninja", "-S", source, "-B", build, *options])
    if done.returncode:
        sys.exit(done.stdout)
    return build


def compile_tests(build):
    """None, or the compiler's words where it fails."""
    done = run(["cmake", "--build", build, "--target", "reel_tests"])
    return done.stdout if done.returncode else None


def failing_test(build):
    """The first test that fails, or None."""
    tests = build / "bin" / "reel_tests"
    for choice in (["-tc=" + QUICK], ["-tce=" + QUICK]):
        try:
            done = run([tests, "--abort-after=1", *choice], timeout=600)
        except subprocess.TimeoutExpired:
            return "none ends"
        if done.returncode:
            return next((line[10:].strip() for line in done.stdout.splitlines() if line.startswith("TEST CASE:")), "?")
    return None


def try_mutation(source, build, mutation):
    """Whether the tests notice, and what there is to say."""
    name, before, after, _ = mutation
    path = source / name
    text = path.read_text()
    if text.count(before) != 1:
        return False, f"stands {text.count(before)} times in {name}: {before}"
    path.write_text(text.replace(before, after))
    try:
        if words := compile_tests(build):
            return False, "doesn't compile:\n" + words[-2000:]
        test = failing_test(build)
        return (True, f"noticed by: {test}") if test else (False, "SURVIVED")
    finally:
        path.write_text(text)


def main():
    """Tries the mutations, and prints what became of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of file names; without, all of them")
    arguments = parser.parse_args()
    chosen = [m for m in MUTATIONS if not arguments.names or any(name in m[0] for name in arguments.names)]
    source = copy_sources()
    build = configure(source)
    if words := compile_tests(build):
        sys.exit(words)
    if test := failing_test(build):
        sys.exit(f"without a mutation, this test fails already: {test}")
    noticed = 0
    for mutation in chosen:
        begun = time.monotonic()
        good, words = try_mutation(source, build, mutation)
        noticed += good
        print(f"{'ok  ' if good else 'FAIL'} {mutation[0]}: {mutation[3]}: {words} ({time.monotonic() - begun:.0f} s)",
              flush=True)
    print(f"{noticed} of {len(chosen)} mutations noticed")
    sys.exit(noticed < len(chosen))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Rounding errors of F(4x4, 3x3) for several choices of points: the table in docs/conv.md. Needs numpy; takes seconds.

Float32 is emulated as the kernels compute: transforms in float32, sums of products one after the other, each rounded once
(as with FMA). Errors are root mean squares against float64, relative to the outputs.
"""

import numpy as np

POINTS = {
    "F(2x2, 3x3): 0, ±1": (0, 1, -1),
    "0, ±1, ±2": (0, 1, -1, 2, -2),
    "0, ±1, ±1/2": (0, 1, -1, 1 / 2, -1 / 2),
    "0, ±1, 1/2, -2": (0, 1, -1, 1 / 2, -2),
    "0, ±1/2, ±3/2": (0, 1 / 2, -1 / 2, 3 / 2, -3 / 2),
    "0, ±√1/2, ±√2": (0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5)),
    "0, ±3/4, ±3/2": (0, 3 / 4, -3 / 4, 3 / 2, -3 / 2),
    "0, ±5/8, ±3/2": (0, 5 / 8, -5 / 8, 3 / 2, -3 / 2),
}


def matrices(points):
    """Bᵀ, G and A of F(m, 3) for m + 1 points and infinity."""
    m = len(points) - 1
    Bt, G, A = np.zeros((m + 2, m + 2)), np.zeros((m + 2, 3)), np.zeros((m + 2, m))
    for i, point in enumerate(points):
        rest = np.poly1d([q for q in points if q != point], r=True)
        Bt[i, : m + 1] = rest.c[::-1]
        G[i] = point ** np.arange(3) / rest(point)
        A[i] = float(point) ** np.arange(m)
    Bt[-1] = np.poly1d(points, r=True).c[::-1]
    G[-1, 2] = A[-1, m - 1] = 1
    return Bt, G, A


def sandwich(matrix, tiles):
    """matrix · tile · matrixᵀ in float32, for tiles [..., n, n]."""
    matrix = matrix.astype(np.float32)
    for _ in range(2):  # columns, then rows
        out = np.zeros((*tiles.shape[:-2], len(matrix), tiles.shape[-1]), np.float32)
        for i, k in np.argwhere(matrix):
            out[..., i, :] += matrix[i, k] * tiles[..., k, :]
        tiles = out.swapaxes(-1, -2)
    return tiles


def summed(a, b):
    """Sum over n of a [n, p, tile] * b [n, q, tile], in float32 -> [p, q, tile]."""
    total = np.zeros((a.shape[1], *b.shape[1:]), np.float32)
    for x, y in zip(a.astype(np.float64), b.astype(np.float64)):
        total = (total + x[:, None] * y).astype(np.float32)
    return total


def error(found, exact):
    return np.sqrt(((found - exact) ** 2).mean() / (exact**2).mean())


def main():
    draw = np.random.default_rng(0).standard_normal
    for name, points in POINTS.items():
        Bt, G, A = matrices(points)
        m = A.shape[1]
        taps = [(i, j) for i in range(3) for j in range(3)]
        # y [T, O] from C = 64 channels of d and g
        d, g = draw((64, 40, m + 2, m + 2)).astype(np.float32), draw((64, 16, 3, 3)).astype(np.float32)
        exact = sum(np.einsum("ctab,co->toab", d[:, :, i : i + m, j : j + m].astype(np.float64), g[:, :, i, j])
                    for i, j in taps)  # fmt: skip
        forward = error(sandwich(A.T, summed(sandwich(Bt, d), sandwich(G, g))), exact)
        # dw [C, O] from T = 1600 tiles of d and dy
        d, dy = draw((1600, 16, m + 2, m + 2)).astype(np.float32), draw((1600, 16, m, m)).astype(np.float32)
        exact = np.stack([np.einsum("tcab,toab->co", d[:, :, i : i + m, j : j + m].astype(np.float64), dy)
                          for i, j in taps], -1).reshape(16, 16, 3, 3)  # fmt: skip
        weight_grad = error(sandwich(G.T, summed(sandwich(Bt, d), sandwich(A, dy))), exact)
        print(f"| {name} | {forward:.1e} | {weight_grad:.1e} |")


if __name__ == "__main__":
    main()

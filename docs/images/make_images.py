#!/usr/bin/env python3
"""Draws the pictures of docs/conv.md as SVG files beside itself. Usage: python3 make_images.py. Wants NumPy.

The numbers in them are computed here, from the example that the page works through.
"""

from pathlib import Path

import numpy as np

X = np.array([[1, 2, 0, 1], [0, 1, 3, 2], [2, 0, 1, 1], [1, 2, 0, 3]])
W = np.array([[1, 0, -1], [0, 2, 0], [-1, 0, 1]])
DY = np.array([[1, 2], [0, -1]])

PAPER, INK, QUIET, LINE, PLAIN = "#fbfaf6", "#23252b", "#666a73", "#8a8e97", "#ffffff"
RED, BLUE, GREEN, YELLOW, VIOLET = "#f4b6a8", "#a9cdf0", "#b5ddb0", "#f5dd90", "#d3bdec"
WINDOWS = [RED, BLUE, GREEN, YELLOW]
EDGES = ["#c2412a", "#2467ad", "#3a8a33", "#a37b00"]


class Picture:
    """An SVG with a paper-coloured ground, so that it reads the same on a white page and on a dark one."""

    def __init__(self, width, height, title):
        self.size = (width, height)
        self.parts = [f'<title>{title}</title>', f'<rect width="{width}" height="{height}" rx="10" fill="{PAPER}"/>']

    def rect(self, x, y, w, h, fill=PLAIN, stroke=LINE, width=1, dash=""):
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{fill}" '
                          f'stroke="{stroke}" stroke-width="{width}"{dash}/>')

    def text(self, x, y, words, size=14, anchor="middle", colour=INK, weight="normal"):
        words = str(words).replace("&", "&amp;").replace("<", "&lt;")
        if words[1:].isdigit():
            words = words.replace("-", "−")
        self.parts.append(f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
                          f'font-weight="{weight}">{words}</text>')

    def arrow(self, points, colour=QUIET, width=1.6):
        path = " ".join(f"{'M' if i == 0 else 'L'}{x} {y}" for i, (x, y) in enumerate(points))
        (x0, y0), (x1, y1) = points[-2:]
        angle = np.arctan2(y1 - y0, x1 - x0)
        tip = [f"L{x1 - 9 * np.cos(angle + turn):.1f} {y1 - 9 * np.sin(angle + turn):.1f}" for turn in (-0.4, 0.4)]
        self.parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        self.parts.append(f'<path d="M{x1} {y1} {tip[0]} {tip[1]} Z" fill="{colour}"/>')

    def grid(self, x, y, values, cell=30, fill=lambda i, j: PLAIN, size=14):
        for (i, j), value in np.ndenumerate(values):
            self.rect(x + j * cell, y + i * cell, cell, cell, fill(i, j))
            self.text(x + (j + 0.5) * cell, y + (i + 0.5) * cell + size * 0.36, value, size)

    def save(self, name):
        width, height = self.size
        body = "\n".join(self.parts)
        Path(__file__).with_name(name).write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family="DejaVu Sans, Verdana, Arial, sans-serif">\n{body}\n</svg>\n')


def im2col(x, kernel=3):
    out = x.shape[0] - kernel + 1
    return np.array([x[i:i + kernel, j:j + kernel].ravel() for i in range(out) for j in range(out)]).T


def draw_forward():
    p = Picture(780, 420, "im2col turns a convolution into one matrix product")
    p.text(90, 34, "input x (4, 4)", weight="bold")
    p.grid(30, 48, X)
    for n, (i, j) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        p.rect(28 + j * 30 + 2 * n, 46 + i * 30 + 2 * n, 92 - 2 * n, 92 - 2 * n, "none", EDGES[n], 3)
    p.text(90, 190, "4 windows of 3 x 3", 12, colour=QUIET)

    p.text(90, 232, "weight w (3, 3)", weight="bold")
    p.grid(45, 246, W, fill=lambda i, j: VIOLET)
    p.text(90, 356, "O = 1, C = 1, K = 9, P = 4", 12, colour=QUIET)

    p.arrow([(160, 108), (440, 108)])
    p.text(300, 98, "im2col: window p becomes column p", 13)
    columns = im2col(X)
    p.text(520, 34, "columns (K, P) = (9, 4)", weight="bold")
    p.grid(460, 48, columns, 30, lambda i, j: WINDOWS[j])

    p.arrow([(145, 291), (175, 291)])
    p.text(298, 264, "weight as a matrix (O, K) = (1, 9)", weight="bold", size=13)
    p.grid(184, 276, W.reshape(1, 9), 26, lambda i, j: VIOLET)
    p.text(438, 296, "×", 18)

    p.arrow([(520, 322), (520, 346)])
    p.text(440, 372, "output (O, P) = (1, 4)", weight="bold", size=13, anchor="end")
    y = W.reshape(1, 9) @ columns
    p.grid(460, 354, y, 30, lambda i, j: WINDOWS[j])
    p.arrow([(588, 369), (630, 369)])
    p.grid(640, 342, y.reshape(2, 2), 30, lambda i, j: WINDOWS[2 * i + j])
    p.text(670, 332, "y (2, 2)", weight="bold")
    p.save("im2col.svg")


def draw_backward():
    p = Picture(780, 478, "The gradient for the input: transposed weight times gradient, and every column added back")
    dcolumns = W.reshape(1, 9).T @ DY.reshape(1, 4)
    p.text(60, 52, "weightᵀ", weight="bold")
    p.text(60, 68, "(K, O) = (9, 1)", 12, colour=QUIET)
    p.grid(45, 80, W.reshape(9, 1), 30, lambda i, j: VIOLET)
    p.text(100, 218, "×", 18)
    p.text(180, 170, "dy (O, P)", weight="bold")
    p.text(180, 186, "(1, 4)", 12, colour=QUIET)
    p.grid(120, 198, DY.reshape(1, 4), 30, lambda i, j: WINDOWS[j])
    p.text(264, 218, "=", 18)
    p.text(350, 52, "dcolumns", weight="bold")
    p.text(350, 68, "(K, P) = (9, 4)", 12, colour=QUIET)
    p.grid(290, 80, dcolumns, 30, lambda i, j: WINDOWS[j])

    p.arrow([(424, 215), (500, 215)])
    p.text(462, 203, "col2im", 13)
    p.text(462, 234, "adds each", 11, colour=QUIET)
    p.text(462, 248, "column back", 11, colour=QUIET)
    p.text(462, 262, "to its window", 11, colour=QUIET)
    dx, count = np.zeros((4, 4), int), np.zeros((4, 4), int)
    for n in range(4):
        i, j = n // 2, n % 2
        dx[i:i + 3, j:j + 3] += dcolumns[:, n].reshape(3, 3)
        count[i:i + 3, j:j + 3] += 1
        left, top = 520 + (n % 2) * 130, 52 + (n // 2) * 132
        p.text(left + 48, top - 6, f"window {n}", 11, colour=QUIET)
        part = np.zeros((4, 4), int)
        part[i:i + 3, j:j + 3] = dcolumns[:, n].reshape(3, 3)
        for (r, c), value in np.ndenumerate(part):
            inside = i <= r < i + 3 and j <= c < j + 3
            p.rect(left + c * 24, top + r * 24, 24, 24, WINDOWS[n] if inside else PLAIN)
            if inside:
                p.text(left + c * 24 + 12, top + r * 24 + 16, value, 11)
    p.arrow([(632, 290), (632, 318)])
    p.text(644, 309, "sum", 13, anchor="start")
    p.grid(572, 326, dx)
    p.text(562, 382, "dx (4, 4)", weight="bold", anchor="end")
    shades = {1: "#ffffff", 2: "#e3e5ea", 4: "#c3c8d2"}
    p.grid(290, 370, count, 22, lambda i, j: shades[count[i, j]], 12)
    p.text(280, 418, "terms in each pixel's sum", 12, anchor="end", colour=QUIET)
    p.save("col2im.svg")
    return dx


def draw_same():
    p = Picture(780, 300, "Padding same with stride 2 and dilation 2: the odd zero is at the end")
    cell, left = 52, 96
    p.text(390, 32, "in = 8, kernel_size = 3, dilation = 2, stride = 2:  "
           "out = ceil(8 / 2) = 4, reach = 5, zeros = 3·2 + 5 − 8 = 3", 13)
    for i in range(-1, 10):
        real = 0 <= i < 8
        x = left + (i + 1) * cell
        p.rect(x, 52, cell, 36, PLAIN if real else "#d9dbe0", dash="" if real else "4 3")
        p.text(x + cell / 2, 76, f"x{i}" if real else "0", 15, colour=INK if real else QUIET)
    p.text(left - 10, 76, "input", 13, anchor="end")
    p.text(left + cell / 2, 108, "1 before", 12, colour=QUIET)
    p.text(left + 10 * cell, 108, "2 after", 12, colour=QUIET)
    for o in range(4):
        y = 124 + o * 40
        first = left + o * 2 * cell
        p.rect(first + cell / 2, y + 13.5, 4 * cell, 1, LINE)  # the line through the taps
        for tap in range(3):
            p.rect(first + tap * 2 * cell + 8, y, cell - 16, 28, WINDOWS[o], INK)
            p.text(first + tap * 2 * cell + cell / 2, y + 19, f"w{tap}", 13)
        p.text(left - 10, y + 19, f"y{o}", 14, anchor="end")
    p.save("same.svg")


def draw_tiles():
    p = Picture(780, 400, "Output rows are cut into tiles, and each tile has a small column matrix of its own")
    p.text(120, 32, "output of image n (O, OH, OW)", weight="bold", size=13)
    for k in range(3):
        p.rect(46 + 12 * (2 - k), 46 + 10 * (2 - k), 150, 180)
    for t in range(4):
        p.rect(46, 46 + t * 45, 150, 45, WINDOWS[t])
        p.text(121, 74 + t * 45, f"tile {t}: P pixels", 12)
    p.text(30, 160, "OH", 13, colour=QUIET)
    p.text(121, 262, "OW", 13, colour=QUIET)

    p.arrow([(226, 113), (300, 113)])
    p.text(263, 103, "tile 1", 12)
    p.rect(312, 80, 62, 66, VIOLET)
    p.text(343, 117, "W", 16)
    p.text(343, 70, "(O, K)", 12, colour=QUIET)
    p.text(388, 119, "×", 18)
    p.rect(402, 52, 120, 122, BLUE)
    p.text(462, 110, "columns", 14)
    p.text(462, 128, "in L2 cache", 11, colour=QUIET)
    p.text(462, 44, "(K, P)", 12, colour=QUIET)
    p.arrow([(532, 113), (566, 113)])
    p.rect(578, 80, 120, 66, BLUE)
    p.text(638, 117, "(O, P) of y", 14)
    p.text(638, 70, "written once", 12, colour=QUIET)
    p.text(462, 200, "One such matrix for each thread at work; the next tile overwrites it.", 12, colour=QUIET)

    p.text(390, 282, "weight gradient: the tiles of the whole batch, in order, dealt to at most 16 partial sums", 13,
           weight="bold")
    for part in range(4):
        x = 60 + part * 135
        for t in range(4):
            p.rect(x + t * 28, 300, 26, 26, WINDOWS[t])
        p.arrow([(x + 54, 328), (x + 54, 348)])
        p.rect(x + 4, 350, 100, 28, VIOLET)
        p.text(x + 54, 369, f"partial dw {part}", 12)
        if part < 3:
            p.text(x + 120, 370, "+", 16)
    p.text(602, 370, "=", 16)
    p.rect(622, 350, 80, 28, VIOLET, INK, 2)
    p.text(662, 369, "dw", 14)
    p.text(662, 338, "added left to right", 11, colour=QUIET)
    p.save("tiles.svg")


def draw_family():
    p = Picture(780, 330, "The three kernels and their derivatives")
    boxes = {"y": (290, 24, 200, 62), "dx": (40, 232, 220, 62), "dw": (520, 232, 220, 62)}
    words = {"y": ("conv2d_forward", "y = F(x, w)", YELLOW), "dx": ("conv2d_input_grad", "dx = I(dy, w)", BLUE),
             "dw": ("conv2d_weight_grad", "dw = D(x, dy)", VIOLET)}
    for key, (x, y, w, h) in boxes.items():
        p.rect(x, y, w, h, words[key][2], INK, 1.4)
        p.text(x + w / 2, y + 26, words[key][0], 14, weight="bold")
        p.text(x + w / 2, y + 47, words[key][1], 14)
    p.arrow([(300, 94), (150, 224)])
    p.arrow([(195, 224), (345, 94)])
    p.text(216, 152, "for x", 12, anchor="end")
    p.text(284, 170, "for dy", 12, anchor="start")
    p.arrow([(435, 94), (585, 224)])
    p.arrow([(630, 224), (480, 94)])
    p.text(496, 170, "for w", 12, anchor="end")
    p.text(564, 152, "for dy", 12, anchor="start")
    p.arrow([(268, 252), (512, 252)])
    p.arrow([(512, 276), (268, 276)])
    p.text(390, 243, "for w", 12)
    p.text(390, 296, "for x", 12)
    p.text(390, 318, "An arrow from A to B: the derivative of A for that argument is B.", 12, colour=QUIET)
    p.save("family.svg")


def number(value):
    return f"{value + 0.0:g}".replace("-", "−")


def draw_field():
    image, pad, stride, out, width = 5, 1, 2, 3, 4  # of one axis; width = out + (3 - 1) // stride
    padded = np.zeros((8, 8), int)
    padded[pad:pad + image, pad:pad + image] = np.arange(1, 26).reshape(image, image)
    p = Picture(780, 440, "The field of a 5 x 5 image for stride 2: four phases, in which a tap is an offset")
    p.text(160, 34, "padded image", weight="bold")
    p.grid(40, 48, padded, 30, lambda i, j: WINDOWS[i % stride * stride + j % stride])
    p.rect(70, 78, 150, 150, "none", INK, 2.5)
    p.text(160, 310, "5 x 5 pixels in zeros, stride 2", 12, colour=QUIET)
    for i, j in np.ndindex(out, out):
        p.rect(40 + (2 * j + 2) * 30 + 3, 48 + (2 * i + 1) * 30 + 3, 24, 24, "none", EDGES[2], 2.5)

    p.arrow([(292, 168), (352, 168)])
    p.text(322, 158, "copied", 12)
    p.text(565, 34, "the field: one phase after the other", weight="bold")
    for phase in range(4):
        x, y = 380 + phase % 2 * 200, 62 + phase // 2 * 166
        part = padded[phase // 2::stride, phase % 2::stride]
        p.text(x + 60, y - 6, f"phase ({phase // 2}, {phase % 2}), from {phase * width * width}", 12, colour=QUIET)
        p.grid(x, y, part, 30, lambda i, j, fill=WINDOWS[phase]: fill)
    for i, j in np.ndindex(out, out):
        p.rect(380 + (j + 1) * 30 + 3, 228 + i * 30 + 3, 24, 24, "none", EDGES[2], 2.5)

    offsets = [[(kh % 2 * 2 + kw % 2) * 16 + kh // 2 * width + kw // 2 for kw in range(3)] for kh in range(3)]
    p.text(40, 380, "offset of each tap", weight="bold", anchor="start", size=13)
    p.grid(190, 336, np.array(offsets), 30, lambda i, j: WINDOWS[i % 2 * 2 + j % 2])
    p.text(300, 372, "Output (i, j) reads tap (kh, kw) at offset + 4 i + j.", 13, anchor="start")
    p.text(300, 394, "Marked: what tap (1, 2) shows the 3 x 3 outputs, 33 + 0 to 33 + 10.", 13, anchor="start")
    p.text(300, 416, "Neighbouring outputs read neighbouring elements.", 12, anchor="start", colour=QUIET)
    p.save("field.svg")


def draw_winograd():
    b = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])  # transposed
    g = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
    a = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])  # transposed
    v, u = b @ X @ b.T, g @ W @ g.T
    y = a @ (v * u) @ a.T
    show = np.vectorize(number)
    p = Picture(780, 500, "Winograd's F(2x2, 3x3): one tile in 16 products, and all tiles in 16 matrix products")
    p.text(90, 34, "tile d (4, 4)", weight="bold")
    p.grid(30, 48, X, 30, lambda i, j: BLUE)
    p.text(90, 208, "weight g (3, 3)", weight="bold")
    p.grid(45, 222, W, 30, lambda i, j: VIOLET)
    p.arrow([(160, 108), (226, 108)])
    p.text(193, 98, "Bᵀ d B", 13)
    p.text(306, 34, "V (4, 4)", weight="bold")
    p.grid(236, 48, show(v), 34, lambda i, j: BLUE, 12)
    p.arrow([(145, 268), (226, 268)])
    p.text(186, 258, "G g Gᵀ", 13)
    p.text(306, 208, "U (4, 4)", weight="bold")
    p.grid(236, 222, show(u), 34, lambda i, j: VIOLET, 12)
    p.text(424, 205, "⊙", 22)
    p.text(420, 228, "16 products", 11, colour=QUIET)
    p.arrow([(384, 116), (448, 170)])
    p.arrow([(384, 290), (448, 236)])
    p.text(530, 120, "M (4, 4)", weight="bold")
    p.grid(460, 134, show(v * u), 34, lambda i, j: GREEN, 12)
    p.arrow([(606, 202), (672, 202)])
    p.text(638, 192, "Aᵀ M A", 13)
    p.text(715, 158, "y (2, 2)", weight="bold")
    p.grid(685, 172, show(y), 30, lambda i, j: YELLOW)

    p.text(390, 396, "many channels and tiles: element k of every V, U and M is one matrix product, for k = 0 ... 15", 13,
           weight="bold")
    for x, width, fill, words in ((150, 110, BLUE, "V[k] (T, C)"), (340, 110, VIOLET, "U[k] (C, O)"),
                                  (530, 110, GREEN, "M[k] (T, O)")):
        for sheet in range(3):
            p.rect(x + 16 - 8 * sheet, 412 + 8 * sheet, width, 48, fill)
        p.text(x + width / 2, 458, words, 14)
    p.text(304, 458, "×", 18)
    p.text(494, 458, "=", 18)
    p.save("winograd.svg")
    return y


if __name__ == "__main__":
    draw_forward()
    dx = draw_backward()
    draw_same()
    draw_tiles()
    draw_family()
    draw_field()
    assert (draw_winograd() == (W.reshape(1, 9) @ im2col(X)).reshape(2, 2)).all()
    columns = im2col(X)
    print("y", (W.reshape(1, 9) @ columns).tolist(), "dw", (DY.reshape(1, 4) @ columns.T).tolist(), "dx", dx.tolist())

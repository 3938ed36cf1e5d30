#!/usr/bin/env python3
"""Renders photo.png, the still life that feature_maps looks at: a ray tracer of four balls, a tiled floor and a sky.

Usage: python3 make_photo.py [out.png]. Wants NumPy, takes some ten seconds, and always writes the same picture.
"""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np

WIDTH, HEIGHT, SAMPLES = 256, 192, 36  # samples a pixel, a square number
LIGHT, LIGHT_RADIUS = np.array([-4.5, 6.5, 3.0]), 0.9
EYE, TARGET, ZOOM = np.array([0.3, 1.45, 6.2]), np.array([0.12, 0.78, 0.0]), 2.65

# centre, radius, paint, how much of a mirror it is
BALLS = [
    ((-1.15, 0.85, -0.35), 0.85, "beach", 0.06),
    ((0.75, 0.75, -0.75), 0.75, "chrome", 0.82),
    ((0.45, 0.38, 0.95), 0.38, "marble", 0.08),
    ((1.62, 0.30, 0.62), 0.30, "dotted", 0.10),
]


def normalized(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def hit_balls(origin, direction, skip_near=1e-3):
    """The distance to the nearest ball along each ray (infinity: none), and its number."""
    nearest = np.full(len(origin), np.inf)
    which = np.full(len(origin), -1)
    for i, (centre, radius, _, _) in enumerate(BALLS):
        to = origin - np.array(centre)
        b = np.sum(to * direction, axis=1)
        root = b * b - np.sum(to * to, axis=1) + radius * radius
        t = -b - np.sqrt(np.maximum(root, 0))
        closer = (root > 0) & (t > skip_near) & (t < nearest)
        nearest[closer], which[closer] = t[closer], i
    return nearest, which


def paint(kind, n):
    """The colour of a ball at each normal."""
    x, y, z = n.T
    longitude, latitude = np.arctan2(x, z), np.arcsin(np.clip(y, -1, 1))
    if kind == "beach":  # twelve segments, tilted
        tilted = np.arctan2(x * 0.8 + y * 0.6, z)
        colours = np.array([[0.86, 0.12, 0.10], [0.95, 0.92, 0.85], [0.08, 0.30, 0.68], [0.98, 0.78, 0.12]])
        return colours[np.floor((tilted / np.pi + 1) * 6).astype(int) % 4]
    if kind == "marble":
        vein = np.sin(9 * y + 3 * np.sin(5 * x + 2 * z) + 2 * np.sin(7 * z - 3 * y))
        return np.array([0.10, 0.45, 0.26]) + (0.5 + 0.5 * vein[:, None]) ** 4 * np.array([0.65, 0.45, 0.50])
    if kind == "dotted":
        dot = np.hypot((longitude * 2.2) % 1 - 0.5, (latitude * 2.2) % 1 - 0.5) < 0.3
        return np.where(dot[:, None], [0.98, 0.95, 0.90], [0.85, 0.35, 0.05])
    return np.broadcast_to([0.93, 0.94, 0.96], n.shape)


def sky(direction):
    up = np.clip(direction[:, 1:2], 0, 1)
    high = 1 - np.exp(-7 * up)
    colour = np.array([0.80, 0.84, 0.88]) * (1 - high) + np.array([0.10, 0.26, 0.62]) * high
    x, y = (direction[:, 0] / (direction[:, 1] + 0.25), direction[:, 2] / (direction[:, 1] + 0.25))
    cloud = np.sin(1.9 * x + 1.3 * np.sin(1.7 * y)) + np.sin(3.9 * x - 2.2 * y) / 2 + np.sin(7.3 * x + 5.1 * y) / 3
    cover = np.clip(0.8 * cloud - 0.1, 0, 1)[:, None] * np.clip(9 * up, 0, 1) * 0.85
    return colour * (1 - cover) + cover * 0.97


def floor(point):
    """Tiles with thin joints, fading into the haze."""
    u, v = point[:, 0] * 0.8 + point[:, 2] * 0.6, point[:, 2] * 0.8 - point[:, 0] * 0.6
    u, v = u / 0.9, v / 0.9
    dark = (np.floor(u) + np.floor(v)) % 2 == 0
    joint = (np.minimum(u % 1, v % 1) < 0.035)[:, None]
    grain = 0.025 * np.sin(31 * u + 4 * np.sin(7 * v) + 5 * np.sin(3 * u))[:, None]
    return np.where(joint, [0.35, 0.33, 0.30], np.where(dark[:, None], [0.13, 0.14, 0.18], [0.74, 0.68, 0.58]) + grain)


def trace(origin, direction, random, depth=0):
    t_ball, ball = hit_balls(origin, direction)
    with np.errstate(divide="ignore"):
        t_floor = np.where(direction[:, 1] < -1e-6, -origin[:, 1] / direction[:, 1], np.inf)
    colour = sky(direction)
    on_ball = t_ball < t_floor
    hit = np.isfinite(np.minimum(t_ball, t_floor))
    point = (origin + np.minimum(t_ball, t_floor)[:, None] * direction)[hit]
    on_ball, ball, ray = on_ball[hit], ball[hit], direction[hit]

    normal = np.tile([0.0, 1.0, 0.0], (len(point), 1))
    base = floor(point)
    mirror = np.full((len(point), 1), 0.03)
    openness = np.ones((len(point), 1))  # how much of the sky the point sees, roughly
    for i, (centre, radius, kind, shine) in enumerate(BALLS):
        mine = on_ball & (ball == i)
        normal[mine] = (point[mine] - centre) / radius
        base[mine] = paint(kind, normal[mine])
        mirror[mine] = shine
        away = np.linalg.norm(point - [centre[0], 0, centre[2]], axis=1) / radius
        openness[~on_ball] *= 1 - 0.75 * np.exp(-1.9 * away[~on_ball, None] ** 2)
    openness *= 0.65 + 0.35 * normal[:, 1:2]

    light = LIGHT + LIGHT_RADIUS * normalized(random.normal(size=point.shape))
    to_light = normalized(light - point)
    lit = ~np.isfinite(hit_balls(point + 1e-3 * normal, to_light)[0])[:, None]
    diffuse = np.clip(np.sum(normal * to_light, axis=1, keepdims=True), 0, 1) * lit
    bounced = ray - 2 * np.sum(ray * normal, axis=1, keepdims=True) * normal
    gloss = np.clip(np.sum(bounced * to_light, axis=1, keepdims=True), 0, 1) ** 60 * lit * (mirror > 0.05)
    shaded = base * (np.array([1.00, 0.92, 0.80]) * 0.85 * diffuse + np.array([0.16, 0.20, 0.27]) * openness)
    facing = np.clip(-np.sum(ray * normal, axis=1, keepdims=True), 0, 1)
    mirror = mirror + (0.6 - 0.5 * mirror) * (1 - facing) ** 5  # more of a mirror at a flat angle
    if depth < 3:
        shaded = shaded * (1 - mirror) + mirror * trace(point + 1e-3 * normal, normalized(bounced), random, depth + 1)
    haze = 1 - np.exp(-np.linalg.norm(point - EYE, axis=1, keepdims=True) ** 2 / 2500)
    haze *= ~on_ball[:, None]
    colour[hit] = (shaded + 0.7 * gloss) * (1 - haze) + haze * np.array([0.80, 0.84, 0.88])
    return colour


def render():
    random = np.random.default_rng(7)
    forward = normalized(TARGET - EYE)
    right = normalized(np.cross(forward, [0, 1, 0]))
    up = np.cross(right, forward)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].reshape(2, -1)
    side = int(SAMPLES**0.5)
    total = 0
    for i in range(SAMPLES):  # one in each cell of a grid within the pixel
        x = (columns + (i % side + random.random(columns.size)) / side) * 2 / WIDTH - 1
        y = 1 - (rows + (i // side + random.random(rows.size)) / side) * 2 / HEIGHT
        ray = normalized(ZOOM * forward + x[:, None] * right + y[:, None] * up * HEIGHT / WIDTH)
        total = total + np.minimum(trace(np.tile(EYE, (len(ray), 1)), ray, random), 4)
    linear = total / SAMPLES
    mapped = np.clip(linear * (1 + linear / 9) / (0.9 + linear * 0.35), 0, 1)
    return (255 * mapped ** (1 / 1.9) + 0.5).astype(np.uint8).reshape(HEIGHT, WIDTH, 3)


def png(pixels):
    height, width, _ = pixels.shape
    left = np.zeros_like(pixels)
    left[:, 1:] = pixels[:, :-1]
    above = np.zeros_like(pixels)
    above[1:] = pixels[:-1]
    mean = ((left.astype(int) + above) // 2).astype(np.uint8)
    rows = np.concatenate([np.full((height, 1), 3, np.uint8), (pixels - mean).reshape(height, -1)], axis=1)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) +
            chunk(b"IEND", b""))


if __name__ == "__main__":
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("photo.png")
    path.write_bytes(png(render()))
    print(f"{path}: {path.stat().st_size} bytes")

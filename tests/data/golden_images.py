#!/usr/bin/env python3
"""Prints the image files that test_image.cpp holds. Wants Pillow (13.0 made the ones that stand there)."""

import io

from PIL import Image


def show(name, image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    values = [f"0x{byte:02x}" for byte in file.getvalue()]
    print(f"const Bytes {name} = {{{', '.join(values)}}};")


picture = Image.new("RGB", (4, 3))
for y in range(3):
    for x in range(4):
        picture.putpixel((x, y), (60 * x, 80 * y, 128))
show("bmp", picture, "BMP")
show("jpeg", picture, "JPEG", quality=95)
show("transparent_png", Image.new("RGBA", (1, 1), (200, 100, 0, 51)), "PNG")

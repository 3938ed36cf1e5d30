#!/usr/bin/env python3
"""Opens the pages of examples/12_tape_tour in a headless Chromium, steps through them by key and by click, and compares
the gradients they show with those that the program printed.

Usage: tests/tape_page_test.py PATH/TO/tape_tour [FOLDER FOR SCREENSHOTS]. Where there is no Chromium it says so and
ends with 77, or, with REEL_BROWSER=required in the environment, with 1. The screenshots show each page at its last
step.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from browser import expect, run

HOSTILE = "</script><img src=x onerror=\"console.error('run')\">"


def open_page(browser, path, fragment=""):
    browser.open(path, fragment, is_drawn="document.body?.dataset.position !== undefined")


def position(browser):
    return int(browser.value("document.body.dataset.position"))


def check_steps(browser):
    """Every way to move, from wherever the page stands. Returns the last position."""
    entries = browser.value("document.querySelectorAll('.entry').length")
    expect("where a page begins", position(browser), entries)
    for key, wanted in [("ArrowRight", entries + 1), ("ArrowLeft", entries), ("ArrowLeft", entries - 1), ("Home", 0),
                        ("ArrowLeft", 0)]:
        browser.press(key)
        expect(f"the position after {key}", position(browser), wanted)
    browser.press("End")
    last = position(browser)
    browser.press("ArrowRight")
    expect("the position after the end", position(browser), last)
    for selector, wanted in [("#first", 0), ("#forth", 1), ("#back", 0), (".entry:nth-child(3)", 2), ("#last", last)]:
        browser.click(selector)
        expect(f"the position after a click on {selector}", position(browser), wanted)
    browser.click("#memory", 0.001)
    expect("the position after a click on the curve's beginning", position(browser), 0)
    browser.press(" ")
    expect("the button while it plays", browser.value("document.getElementById('play').textContent"), "Pause")
    browser.press(" ")
    expect("the button after that", browser.value("document.getElementById('play').textContent"), "Play")
    browser.press("ArrowRight")
    status = browser.value("document.getElementById('status').textContent")
    expect("the status", status[:12], "Forward 2 of")
    expect("the entry that is marked", browser.value("document.querySelectorAll('[aria-current]').length"), 1)
    for step in range(position(browser), last):  # every position is drawn
        browser.press("ArrowRight")
        expect("the position after another key", position(browser), step + 1)
    return last


def close(a, b):
    return abs(a - b) <= 1e-3 * abs(b) + 1e-9


def check_gradients(browser, gradients):
    """At the end, a leaf shows the gradient that the program printed."""
    browser.press("End")
    cards = dict(browser.value("""[...document.querySelectorAll("#leaves .card")].map(card =>
        [card.querySelector("b").textContent, [...card.querySelectorAll("td")].map(cell => cell.textContent)])"""))
    for name, wanted in gradients.items():
        shown = [float(text.replace("\u2212", "-")) for text in cards[name]]
        if len(shown) != len(wanted) or not all(map(close, shown, wanted)):
            raise AssertionError(f"the gradient of {name}: wanted {wanted}, got {shown}")


def check_layout(browser, path):
    for width, scheme in [(1400, "dark"), (360, "light")]:
        browser.size(width, 900, scheme)
        open_page(browser, path)
        browser.check_width()
    browser.size(1400, 1000)


def check_hostile(browser, page, folder):
    """A page without values, and with a leaf whose name would be a tag, were it not text."""
    begin, data, end = re.match(r'(.*id="tape">)(.*?)(</script>.*)', page.read_text(), re.DOTALL).groups()
    tape = json.loads(data)
    tape["keepsValues"] = False
    tape["entries"][0]["name"] = HOSTILE
    for entry in tape["entries"]:
        entry["value"] = None
    path = folder / "hostile.html"
    path.write_text(begin + json.dumps(tape).replace("<", "\\u003c") + end)
    open_page(browser, path)
    check_steps(browser)
    expect("a hostile name", browser.value("document.querySelector('#leaves b').textContent"), HOSTILE)
    expect("elements made from a name", browser.value("document.querySelectorAll('img').length"), 0)
    expect("the word that values are missing", browser.value("document.getElementById('notice').hidden"), False)
    expect("complaints of the browser", browser.complaints, [])


def read_tour(output):
    """What tape_tour printed: page -> name of a leaf -> gradient."""
    pages, current = {}, None
    for line in output.splitlines():
        if found := re.match(r"wrote (.*)$", line):
            current = pages.setdefault(Path(found[1]), {})
        elif found := re.match(r" +gradient of (\S+) \[.*\]: (.*)$", line):
            current[found[1]] = [float(number) for number in found[2].split()]
    return pages


def test(browser, pages, folder, screenshots):
    for path, gradients in pages.items():
        browser.size(1400, 1000)
        open_page(browser, path)
        last = check_steps(browser)
        check_gradients(browser, gradients)
        scrolling = browser.value("""[...document.querySelectorAll(".scroll")].filter(box =>
            box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth).length""")
        expect("tables of numbers that scroll", scrolling, 0)
        if screenshots:
            browser.size(1200, 960)
            open_page(browser, path, f"#{last}")
            browser.screenshot(screenshots / f"{path.stem}.png")
        check_layout(browser, path)
        expect(f"{path.name}: complaints of the browser", browser.complaints, [])
        print(f"{path.name}: {last + 1} positions, {len(gradients)} gradients")
    check_hostile(browser, next(iter(pages)), folder)


def main():
    program, screenshots = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None

    def tour(browser, folder):
        output = subprocess.run([program], cwd=folder, check=True, capture_output=True, text=True).stdout
        pages = read_tour(output)
        expect("pages of the tour", len(pages), 3)
        test(browser, pages, folder, screenshots)

    return run(tour)


if __name__ == "__main__":
    sys.exit(main())

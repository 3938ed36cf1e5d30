#!/usr/bin/env python3
"""Trains two small nets, makes a report of their logs and of others, and looks at the page in a headless Chromium: its
curves and what they tell at the cursor, runs that are hidden, the axis of time, the matrix and the pictures.

Usage: tests/report_page_test.py FOLDER/WITH/PROGRAMS [FOLDER FOR SCREENSHOTS]. Where there is no Chromium it says so and
ends with 77, or, with REEL_BROWSER=required in the environment, with 1.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from browser import expect, run

HOSTILE = "</script><img src=x onerror=\"console.error('run')\">"
PANELS = "[...document.querySelectorAll('.curve')]"


def open_page(browser, path):
    browser.open(path, is_drawn="document.body?.dataset.drawn !== undefined")


def text_of(browser, selector):
    return browser.value(f"document.querySelector({json.dumps(selector)}).innerText")


def tip_of(browser, panel):
    """What a panel tells at the cursor: its title, then a pair for each curve."""
    return browser.value(f"""[...{PANELS}[{panel}].querySelectorAll('.tip div')].map(row =>
        row.children.length ? [...row.children].map(cell => cell.textContent) : row.textContent)""")


def move(browser, panel, across):
    """Moves the mouse to a place of a panel's curves, given as a share of their width."""
    x, y = browser.value(f"""(() => {{
        const svg = {PANELS}[{panel}].querySelector('svg');
        svg.scrollIntoView({{block: 'center'}});
        const box = svg.getBoundingClientRect();
        return [box.left + box.width * {across}, box.top + box.height / 2];
    }})()""")
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)


def lines_of(browser, panel):
    return browser.value(f"{PANELS}[{panel}].querySelectorAll('.line').length")


def check_curves(browser, log):
    titles = browser.value(f"{PANELS}.map(panel => panel.querySelector('h3').textContent)")
    expect("the panels", titles, ["loss", "accuracy", "learning rate", "images per second", "peak rss bytes"])
    expect("curves of loss", lines_of(browser, 0), 4)
    expect("dashed ones", browser.value(f"{PANELS}[0].querySelectorAll('.dashed').length"), 2)
    first, last = log[1], log[-1]
    move(browser, 0, 0.1)
    tip = tip_of(browser, 0)
    expect("the cursor's place", tip[0], "epoch 1")
    expect("values at the cursor", len(tip), 5)
    expect("the first value", float(tip[1][1]), float(f"{first['train_loss']:.4g}"))
    expect("its name", tip[1][0], "first, train")
    move(browser, 1, 0.98)
    expect("the accuracy", tip_of(browser, 1)[1], ["first, test", f"{100 * last['test_accuracy']:.2f} %"])


def check_keys(browser):
    browser.value(f"{PANELS}[0].querySelector('svg').focus()")
    for key, wanted in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowRight", 3), ("ArrowRight", 3), ("ArrowLeft", 2)]:
        browser.press(key)
        expect(f"the place after {key}", tip_of(browser, 0)[0], f"epoch {wanted}")


def check_choices(browser):
    browser.click("[data-axis=seconds]")
    expect("the axis of time", browser.value(f"{PANELS}[0].querySelector('svg').textContent.includes('seconds')"), True)
    move(browser, 0, 0.97)
    expect("values by time", len(tip_of(browser, 0)), 5)
    browser.click("#logarithmic")
    expect("curves on a logarithmic scale", lines_of(browser, 0), 4)
    browser.click("#logarithmic")
    browser.click("[data-axis=step]")
    browser.click("#runs tbody tr:nth-child(1) button")
    expect("curves without the first run", lines_of(browser, 0), 2)
    expect("the button of a hidden run", browser.value("document.querySelector('#runs button').ariaPressed"), "false")
    browser.click("#runs tbody tr:nth-child(1) button")


def check_net(browser, right):
    """The matrix, whose sum is that of the images, and the pictures, all of which are there."""
    counts = browser.value("[...document.querySelectorAll('.confusion td')].map(cell => Number(cell.textContent))")
    expect("cells of the matrix", len(counts), 100)
    expect("images in it", sum(counts), 10000)
    expect("images that were read rightly", sum(counts[::11]), right)
    expect("mistakes", browser.value("document.querySelectorAll('.mistake').length"), 48)
    broken = "[...document.images].filter(image => !image.complete || image.naturalWidth === 0).length"
    expect("pictures that don't show", browser.value(broken), 0)
    most = max(n for place, n in enumerate(counts) if place % 11)
    truth, read = divmod(counts.index(most), 10)
    browser.click(f".confusion tr:nth-child({truth + 2}) td:nth-child({read + 2}) button")
    words = browser.value("[...document.querySelectorAll('.mistake b')].map(word => word.textContent)")
    expect("mistakes of one cell", set(words), {f"{truth} \u2192 {read}"})
    if not text_of(browser, ".mistakes p").endswith(f" of {most} mistakes of a {truth} read as {read}"):
        raise AssertionError(f"the word on them: {text_of(browser, '.mistakes p')}")


def check_layout(browser, path):
    for width, scheme in [(1300, "dark"), (360, "light")]:
        browser.size(width, 900, scheme)
        open_page(browser, path)
        browser.check_width()
    browser.size(1300, 1000)


def check_strange(browser, program, folder):
    """Logs of other programs, one with names that would be tags, one that has nothing yet, one with gaps."""
    hostile = {"step": 1, HOSTILE: 0.5, "loss": float("nan")}
    (folder / "strange.jsonl").write_text("\n".join(json.dumps(hostile | {"step": i}) for i in range(3)))
    (folder / "begun.jsonl").write_text('{"model": "cnn", "save": "none.safetensors"}\n{"epo')
    (folder / "gaps.csv").write_text("step,loss,acc\n" + "".join(f"{i},{'nan' if i % 5 == 0 else 1 / i},{i}\n"
                                                                 for i in range(1, 5001)))
    logs = [folder / name for name in ("strange.jsonl", "begun.jsonl", "gaps.csv")]
    output = subprocess.run([program, *logs, "-o", folder / "strange.html"], check=True, capture_output=True, text=True)
    for words in ("begun.jsonl: its last line was cut off", "none.safetensors, are not there"):
        if words not in output.stdout:
            raise AssertionError(f"the program should say '{words}', says {output.stdout}")
    open_page(browser, folder / "strange.html")
    titles = browser.value(f"{PANELS}.map(panel => panel.querySelector('h3').textContent)")
    expect("a hostile name", sorted(titles), sorted(["loss", "acc", HOSTILE]))
    expect("elements made from a name", browser.value("document.images.length"), 0)
    expect("by time", browser.value("document.querySelector('[data-axis=seconds]').disabled"), True)
    move(browser, titles.index("loss"), 0.5)
    expect("a curve of many points tells its values", len(tip_of(browser, titles.index("loss"))), 2)
    expect("nets", browser.value("document.getElementById('nets-head').hidden"), True)
    browser.check_width()
    expect("complaints of the browser", browser.complaints, [])


def main():
    programs, screenshots = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None

    def test(browser, folder):
        def call(name, *arguments):
            return subprocess.run([programs / name, *arguments], cwd=folder, check=True, capture_output=True, text=True)

        for name, model in [("first", "lenet5"), ("second", "mlp")]:
            call("mnist", "--model", model, "--epochs", "3", "--train-limit", "3000", "--log", f"{name}.jsonl",
                 "--save", f"{name}.safetensors", "--mistakes", "")
        output = call("report", "first.jsonl", "second.jsonl").stdout
        path = folder / "report.html"
        if found := re.search(r"(?:src|href)=\"(?!data:)|url\(|https?://(?!www\.w3\.org/2000/svg)", path.read_text()):
            raise AssertionError(f"the page asks for something outside: {found[0]}")
        log = [json.loads(line) for line in (folder / "first.jsonl").read_text().splitlines()]
        browser.size(1300, 1000)
        open_page(browser, path)
        check_curves(browser, log)
        check_keys(browser)
        check_choices(browser)
        check_net(browser, round(10000 * log[-1]["test_accuracy"]))
        expect("filters", browser.value("document.querySelectorAll('.filters img').length"), 6)
        expect("channels of four images", browser.value("document.querySelectorAll('.maps img').length"), 4 * (6 + 16))
        browser.click("#nets button:nth-child(2)")
        expect("filters of the other net", browser.value("document.querySelectorAll('.filters img').length"), 64)
        if screenshots:
            browser.size(1300, 2000)
            open_page(browser, path)
            browser.screenshot(screenshots / "report.png")
        check_layout(browser, path)
        expect("complaints of the browser", browser.complaints, [])
        check_strange(browser, programs / "report", folder)
        print(output.splitlines()[0])

    return run(test)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Reads the documentation site in a headless Chromium, from the disk: searches by keys, follows what is found, and looks
whether pages fit phones, light and dark.

Usage: tests/site_test.py [build/docs/html]. Where there is no Chromium it says so and ends with 77, or, with
REEL_BROWSER=required in the environment, with 1.
"""

import sys
import time
from pathlib import Path

from browser import expect, run

SITE = Path(sys.argv[1] if len(sys.argv) > 1 else "build/docs/html").resolve()
RESULTS = "[...document.querySelectorAll('.SRResult')].filter(result => result.offsetParent !== null)"


def until(what, condition):
    deadline = time.monotonic() + 30
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within 30 s")
        time.sleep(0.05)
    return value


def results_value(browser, expression):
    """What an expression gives in the frame that shows what was found; null before that is there. Each letter loads
    the frame anew, so it may be gone between two calls."""
    frames = browser.call("Page.getFrameTree")["frameTree"].get("childFrames", [])
    if not frames:
        return None
    try:
        world = browser.call("Page.createIsolatedWorld", frameId=frames[0]["frame"]["id"])["executionContextId"]
        result = browser.call("Runtime.evaluate", expression=expression, contextId=world, returnByValue=True)
    except RuntimeError:
        return None
    return result["result"].get("value")


def search(browser, text):
    """What the search finds: names, and where they lead."""
    browser.open(SITE / "index.html")
    browser.click("#MSearchField")
    until("the search has the focus", lambda: browser.value("document.activeElement.id === 'MSearchField'"))
    for letter in text:
        browser.call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
        browser.call("Input.dispatchKeyEvent", type="keyUp", key=letter)
    return until(f"the search finds {text}", lambda: results_value(browser, f"""{RESULTS}.map(result =>
        [result.querySelector('.SRSymbol').textContent, result.querySelector('a[href*=html]').href])"""))


def check_search(browser):
    for text, name, page in [("Conv2d", "Conv2d", "group__"), ("check_op", "check_op", "group__"),
                             ("Determinism", "Determinism", "md_docs_determinism.html"),
                             ("einsum", "einsum", "group__")]:
        found = search(browser, text)
        if not any(symbol.startswith(name) and page in target for symbol, target in found):
            raise AssertionError(f"a search for {text} finds {found}")
    print("the search works from the disk")


def check_pages(browser):
    pages = ["index.html", *sorted(page.name for page in SITE.glob("md_*.html")), "modules.html", "files.html",
             "classreel_1_1Tape.html", "group__topic__autograd__ops__conv.html"]
    for page in pages:
        for width, scheme in [(1300, "dark"), (390, "light")]:
            browser.size(width, 900, scheme)
            browser.open(SITE / page)
            until(f"{page} has its tree",
                  lambda: browser.value("document.querySelectorAll('#nav-tree-contents li').length > 3"))
            try:
                browser.check_width()
            except AssertionError as error:
                raise AssertionError(f"{page}: {error}") from None
    browser.size(1300, 900)
    print(f"{len(pages)} pages fit")


def test(browser, _):
    browser.size(1300, 900)
    check_search(browser)
    check_pages(browser)
    expect("complaints of the browser", browser.complaints, [])


if __name__ == "__main__":
    sys.exit(run(test))

#!/usr/bin/env python3
"""Opens the pages of examples/12_tape_tour in a headless Chromium, steps through them by key and by click, and compares
the gradients they show with those that the program printed.

Usage: tests/tape_page_test.py PATH/TO/tape_tour [FOLDER FOR SCREENSHOTS]. Where there is no Chromium it says so and
ends with 77, or, with REEL_BROWSER=required in the environment, with 1. The screenshots show each page at its last
step.
"""

import base64
import contextlib
import fcntl
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOSTILE = "</script><img src=x onerror=\"console.error('run')\">"


class Browser:
    """A Chromium with one page, driven through the DevTools protocol: JSON over two pipes, ended by zeros."""

    def __init__(self, program, profile):
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in os.pipe() + os.pipe()]
        commands, self.commands, self.answers, answers = ends
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe",
                 f"--user-data-dir={profile}", "about:blank"]
        # The browser reads from 3 and writes to 4.
        start = ["bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", program, *flags]
        self.process = subprocess.Popen(start, pass_fds=(commands, answers), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.count, self.rest, self.complaints = 0, b"", []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def close(self):
        self.process.terminate()
        self.process.wait()

    def receive(self, deadline):
        while b"\0" not in self.rest:
            if not select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise ConnectionError("the browser has ended")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def take(self, event):
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(f"console: {params['args']}")
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"log: {params['entry']['text']}")

    def call(self, method, **params):
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.take(answer)

    def open(self, path, fragment=""):
        """Loads a page anew, until it has drawn itself."""
        for url, is_there in [("about:blank", "location.href === 'about:blank'"),
                              (path.as_uri() + fragment, "document.body?.dataset.position !== undefined")]:
            self.call("Page.navigate", url=url)
            deadline = time.monotonic() + 60
            while not self.value(is_there):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{url} does not load: {self.complaints}")
                time.sleep(0.02)

    def value(self, expression):
        """What a JavaScript expression gives, as JSON."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def press(self, key):
        code = {" ": "Space"}.get(key, key)
        number = {" ": 32, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "Tab": 9, "Enter": 13}[key]
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, windowsVirtualKeyCode=number)

    def click(self, selector, across=0.5):
        x, y = self.value(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "nearest", inline: "center"}});
            const box = element.getBoundingClientRect();
            return [box.left + box.width * {across}, box.top + box.height / 2];
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, buttons=1)

    def size(self, width, height, scheme="light"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


def expect(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: wanted {wanted}, got {got}")


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
        browser.open(path)
        out = browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        expect(f"what sticks out of a window of {width}", out, 0)
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
    browser.open(path)
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
        browser.open(path)
        last = check_steps(browser)
        check_gradients(browser, gradients)
        scrolling = browser.value("""[...document.querySelectorAll(".scroll")].filter(box =>
            box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth).length""")
        expect("tables of numbers that scroll", scrolling, 0)
        if screenshots:
            browser.size(1200, 960)
            browser.open(path, f"#{last}")
            browser.screenshot(screenshots / f"{path.stem}.png")
        check_layout(browser, path)
        expect(f"{path.name}: complaints of the browser", browser.complaints, [])
        print(f"{path.name}: {last + 1} positions, {len(gradients)} gradients")
    check_hostile(browser, next(iter(pages)), folder)


def main():
    program, screenshots = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("SKIPPED: no Chromium on this machine (Debian: apt-get install chromium)")
        return 1 if os.environ.get("REEL_BROWSER") == "required" else 77
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, contextlib.ExitStack() as stack:
        folder = Path(scratch)
        output = subprocess.run([program], cwd=folder, check=True, capture_output=True, text=True).stdout
        pages = read_tour(output)
        expect("pages of the tour", len(pages), 3)
        browser = Browser(chromium, folder / "profile")
        stack.callback(browser.close)
        test(browser, pages, folder, screenshots)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Starts examples/demo, draws digits on its page in a headless Chromium with mouse and finger, and looks at what the page
shows; then sends the server what no page would.

Usage: tests/demo_page_test.py FOLDER/WITH/PROGRAMS [FOLDER FOR SCREENSHOTS]. Where there is no Chromium it says so and ends
with 77, or, with REEL_BROWSER=required in the environment, with 1.
"""

import contextlib
import http.client
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from browser import expect, run

SIDE = 112
LIMIT = 20  # milliseconds from a stroke to its picture

ONE = [[(0.52, 0.15), (0.5, 0.5), (0.48, 0.85)]]
SEVEN = [[(0.25, 0.2), (0.75, 0.2), (0.6, 0.5), (0.45, 0.85)]]
ZERO = [[(0.5, 0.15), (0.3, 0.25), (0.25, 0.5), (0.3, 0.75), (0.5, 0.85), (0.7, 0.75), (0.75, 0.5), (0.7, 0.25), (0.5, 0.15)]]


@contextlib.contextmanager
def served(program, *arguments):
    """The program, and the port that it serves on."""
    process = subprocess.Popen([program, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        port = None
        while port is None:
            line = process.stdout.readline()
            if not line:
                sys.exit(f"{program} ended with {process.wait()}")
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            port = int(found[1]) if found else None
        yield process, port
    finally:
        process.kill()
        process.wait()


def until(browser, expression, what):
    deadline = time.monotonic() + 20
    while not browser.value(expression):
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}; {browser.complaints}")
        time.sleep(0.01)


def points(stroke, steps=8):
    """A stroke's corners, and places between them."""
    for (x0, y0), (x1, y1) in zip(stroke, stroke[1:]):
        for i in range(steps):
            yield x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps
    yield stroke[-1]


def pad_box(browser):
    return browser.value("(() => { const b = byId('pad').getBoundingClientRect(); return [b.left, b.top, b.width]; })()")


def draw_by_mouse(browser, digit):
    left, top, size = pad_box(browser)
    for stroke in digit:
        kind = "mousePressed"
        for x, y in points(stroke):
            browser.call("Input.dispatchMouseEvent", type=kind, x=left + x * size, y=top + y * size, button="left",
                         buttons=1, clickCount=1)
            kind = "mouseMoved"
            time.sleep(0.015)
        browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=left + x * size, y=top + y * size, button="left")


def draw_by_finger(browser, digit):
    left, top, size = pad_box(browser)
    for stroke in digit:
        kind = "touchStart"
        for x, y in points(stroke):
            browser.call("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": left + x * size, "y": top + y * size}])
            kind = "touchMove"
            time.sleep(0.015)
        browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def settled(browser):
    until(browser, "state.looks > 0 && !isBusy && waiting === null", "an answer to the last stroke")


def read(browser):
    return browser.value("rows.findIndex(row => row.button.classList.contains('best'))")


def clear(browser):
    browser.click("#clear")
    expect("ink after Clear", browser.value("pad.bytes().some(byte => byte > 0)"), False)


def lit(selector):
    """JavaScript: how many pixels of a canvas have a colour, which black, white and grey have not."""
    return f"""(() => {{
        const canvas = document.querySelector("{selector}");
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let lit = 0;
        for (let i = 0; i < pixels.length; i += 4)
            lit += Math.max(pixels[i], pixels[i + 1], pixels[i + 2]) - Math.min(pixels[i], pixels[i + 1], pixels[i + 2]) > 24;
        return lit;
    }})()"""


def check_drawing(browser, shots):
    draw_by_mouse(browser, ONE)
    settled(browser)
    expect("a 1 drawn by mouse", read(browser), 1)
    layers = browser.value("[...document.querySelectorAll('.layer h2')].map(title => title.textContent)")
    expect("the layers of a lenet5 that are shown", len(layers), 11)
    for i, layer in enumerate(layers):
        if browser.value(lit(f".layer:nth-child({i + 1}) canvas")) == 0:
            raise AssertionError(f"nothing to see of {layer}")
    clear(browser)
    expect("bars after Clear", browser.value("rows.every(row => row.share.textContent === '')"), True)
    draw_by_finger(browser, SEVEN)
    settled(browser)
    expect("a 7 drawn by finger", read(browser), 7)
    if shots:
        browser.screenshot(shots / "demo_seven.png")
    browser.press("Home")
    clear(browser)
    draw_by_mouse(browser, ZERO)
    settled(browser)
    expect("a 0 drawn by mouse", read(browser), 0)


def check_pull(browser, shots):
    expect("colours before a class is chosen", browser.value(lit("#digit")), 0)
    browser.click("#classes button:nth-child(7)")
    until(browser, "state.pull !== null", "a gradient")
    if browser.value(lit("#digit")) < 30:
        raise AssertionError("the pixels that pull towards a 6 are not shown")
    expect("the legend", browser.value("byId('legend').hidden"), False)
    signs = browser.value("[state.pull.some(v => v > 60), state.pull.some(v => v < -60), Math.max(...state.pull.map(Math.abs))]")
    expect("pixels that pull, that push, and the strongest", signs, [True, True, 127])
    if shots:
        browser.screenshot(shots / "demo_pull.png")
    before = browser.value("[...state.pull].join()")
    draw_by_mouse(browser, [[(0.5, 0.4), (0.7, 0.6)]])
    settled(browser)
    expect("the same gradient after another stroke", browser.value("[...state.pull].join()") == before, False)
    browser.click("#undo")
    settled(browser)
    browser.click("#classes button:nth-child(7)")
    expect("colours after the class was let go", browser.value(lit("#digit")), 0)


def check_speed(browser):
    """The gradient aside, which nobody asked for here."""
    for _ in range(5):  # the machine may be busy with something else
        clear(browser)
        browser.value("state.times = []")
        draw_by_mouse(browser, ZERO)
        settled(browser)
        times = browser.value("state.times")
        median = statistics.median(times)
        print(f"from a stroke to its picture: {median:.1f} ms in the middle, {max(times):.1f} ms at most, of {len(times)}")
        if median <= LIMIT and len(times) >= 20:
            return
    raise AssertionError(f"wanted at most {LIMIT} ms for each of many strokes")


def check_layout(browser, url, shots):
    for width, scheme in [(1400, "dark"), (800, "light"), (360, "light")]:
        browser.size(width, 900, scheme)
        browser.check_width()
        if shots:
            browser.screenshot(shots / f"demo_{width}_{scheme}.png")
    browser.size(1400, 1000)


def ask(port, method, path, body=None, **headers):
    """The status of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Content-Type": "application/octet-stream", **headers})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def check_refusals(port):
    drawing = bytes(SIDE * 40) + b"\xff" * SIDE * 8 + bytes(SIDE * 64)
    cases = [
        (200, "POST", "/look", drawing, {}),
        (200, "POST", "/pull?label=9", drawing, {}),
        (400, "POST", "/look", b"", {}),
        (400, "POST", "/look", drawing[1:], {}),
        (400, "POST", "/look", drawing + b"x", {}),
        (400, "POST", "/look", bytes(SIDE * SIDE), {}),
        (400, "POST", "/look", b'{"drawing": [NaN]}', {}),
        (400, "POST", "/pull", drawing, {}),
        (413, "POST", "/look", bytes(1 << 17), {}),
        (404, "GET", "/../etc/passwd", None, {}),
        (404, "POST", "/other", drawing, {}),
        (405, "GET", "/look", None, {}),
        (405, "POST", "/", drawing, {}),
        (405, "DELETE", "/pull", None, {}),
        (403, "GET", "/", None, {"Host": "example.org"}),
        (403, "GET", "/", None, {"Host": "127.0.0.1.example.org:80"}),
        (403, "POST", "/look", drawing, {"Origin": "http://example.org"}),
        (403, "POST", "/look", drawing, {"Origin": "null"}),
        (200, "POST", "/look", drawing, {"Origin": f"http://127.0.0.1:{port}"}),
    ]
    cases += [(400, "POST", f"/pull?label={label}", drawing, {}) for label in ("10", "-1", "x", "", "1e0", "9" * 40, "3%00")]
    for wanted, method, path, body, headers in cases:
        expect(f"{method} {path} with {None if body is None else len(body)} bytes and {headers}",
               ask(port, method, path, body, **headers), wanted)


def send_raw(port, content):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.settimeout(10)
        connection.sendall(content)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(64)
    return b""


def check_rubbish(port):
    draw = random.Random(1)
    pieces = [b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 1000, b"POST /look HTTP/1.1\r\nHost: 127.0.0.1\r\n",
              b"POST /look HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
              b"POST /look HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
              b"POST /look HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
              b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n"]
    pieces += [draw.randbytes(draw.randrange(1, 2000)) for _ in range(40)]
    for piece in pieces:
        answer = send_raw(port, piece)
        if answer and not re.match(rb"HTTP/1\.1 4\d\d", answer):
            raise AssertionError(f"{piece[:60]} was answered with {answer}")
    expect("a page after all that", ask(port, "GET", "/"), 200)


def check_crowd(port):
    """Many at a time, and some that say nothing."""
    drawing = bytes(SIDE * 40) + b"\xff" * SIDE * 8 + bytes(SIDE * 64)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
    statuses = []
    crowd = [threading.Thread(target=lambda: statuses.append(ask(port, "POST", "/look", drawing))) for _ in range(40)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    for one in silent:
        one.close()
    expect("answers to forty at a time", statuses, [200] * 40)


def check_end(process, port, program):
    """Loopback only, a port that is taken, and Ctrl-C."""
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for address in addresses - {"127.0.0.1", "127.0.1.1"}:
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=2):
            raise AssertionError(f"it listens on {address}")
    second = subprocess.run([program, "--port", str(port)], capture_output=True, text=True, timeout=120)
    expect("a second one on the same port", (second.returncode, "--port 0" in second.stderr), (1, True))
    process.send_signal(signal.SIGINT)
    expect("the exit code after Ctrl-C", process.wait(timeout=15), 0)


def main(programs, shots):
    def test(browser, scratch):
        weights = scratch / "lenet5.safetensors"
        subprocess.run([programs / "mnist", "--model", "lenet5", "--epochs", "2", "--train-limit", "20000", "--schedule", "one-cycle",
                        "--lr", "0.1", "--augment", "affine", "--mistakes", "", "--save", weights], check=True, stdout=subprocess.DEVNULL)
        with served(programs / "demo", "--load", weights) as (process, port):
            url = f"http://127.0.0.1:{port}/"
            browser.size(1400, 1000)
            browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
            browser.call("Page.navigate", url=url)
            until(browser, "document.readyState === 'complete' && typeof pad === 'object'", "the page")
            check_drawing(browser, shots)
            check_pull(browser, shots)
            check_layout(browser, url, shots)
            check_speed(browser)
            # This test reads pixels back, which the page has no need of.
            expect("complaints", [c for c in browser.complaints if "willReadFrequently" not in c], [])
            check_refusals(port)
            check_rubbish(port)
            check_crowd(port)
            check_end(process, port, programs / "demo")
        print("the demo reads what is drawn, and refuses what is none")
    return run(test)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]) if len(sys.argv) > 2 else None))

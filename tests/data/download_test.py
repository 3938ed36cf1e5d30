#!/usr/bin/env python3
"""Runs a local HTTP server and downloads from it with the program `fetch_file` (see fetch_file.cpp).

usage: download_test.py PATH/TO/fetch_file
"""

import hashlib
import http.server
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

CONTENT = random.Random(1).randbytes(300_000)
SUM = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """/file knows Range, /plain doesn't, /cut ends halfway, /moved redirects to /file, all else is 404."""

    requests = []

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.requests.append((self.path, wanted))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.end_headers()
        elif self.path == "/file" and wanted:
            self.send_range(int(wanted.removeprefix("bytes=").split("-")[0]))
        elif self.path in ("/file", "/plain", "/cut"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/cut" else CONTENT)
        else:
            self.send_error(404)

    def send_range(self, start):
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:])

    def log_message(self, *_):
        pass


class Test:
    def __init__(self, program, url, folder):
        self.program, self.url = program, url
        self.path = folder / "file"
        self.part = folder / "file.part"

    def run(self, page, expected=SUM, part=None):
        """Exit code, message and the requests that came, starting with `part` as what an earlier run left."""
        self.path.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)
        if part is not None:
            self.part.write_bytes(part)
        Handler.requests.clear()
        done = subprocess.run([self.program, self.url + page, self.path, expected], capture_output=True, text=True)
        return done.returncode, done.stderr, list(Handler.requests)

    def check_downloaded(self, *arguments, **options):
        code, message, requests = self.run(*arguments, **options)
        assert code == 0, message
        assert self.path.read_bytes() == CONTENT
        assert not self.part.exists()
        return requests

    def all(self):
        assert self.check_downloaded("/file") == [("/file", None)]
        print("ok: a whole file")
        assert self.check_downloaded("/file", part=CONTENT[:1000]) == [("/file", "bytes=1000-")]
        print("ok: goes on with a part")
        assert self.check_downloaded("/file", part=CONTENT) == []
        print("ok: a part that is whole is not downloaded again")
        assert self.check_downloaded("/file", part=CONTENT + b"more")[-1] == ("/file", None)
        assert self.check_downloaded("/file", part=b"something else")[-1] == ("/file", None)
        print("ok: a part that doesn't belong to the file is given up")
        assert self.check_downloaded("/plain", part=CONTENT[:1000])[-1] == ("/plain", None)
        print("ok: a server without Range is asked for the whole")
        assert self.check_downloaded("/moved")[-1][0] == "/file"
        print("ok: follows a redirection")
        self.already_there()
        self.wrong_sum()
        self.failures()

    def already_there(self):
        Handler.requests.clear()
        done = subprocess.run([self.program, self.url + "/file", self.path, SUM])
        assert done.returncode == 0 and not Handler.requests
        print("ok: a file that is there is not downloaded again")

    def wrong_sum(self):
        code, message, _ = self.run("/file", expected="0" * 64)
        assert code == 1 and "0" * 64 in message and SUM in message, message
        assert not self.path.exists() and not self.part.exists()
        print("ok: a wrong SHA-256 is told and the file removed")

    def failures(self):
        code, message, _ = self.run("/missing")
        assert code == 1 and "404" in message and "--data DIR" in message, message
        assert not self.path.exists()
        code, message, _ = self.run("/cut")
        assert code == 1 and "--data DIR" in message, message
        assert self.part.read_bytes() == CONTENT[: len(CONTENT) // 2] and not self.path.exists()
        print("ok: failures are told, and what came of a broken download is kept")


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    os.environ["no_proxy"] = "127.0.0.1"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        Test(program, f"http://127.0.0.1:{server.server_port}", pathlib.Path(folder)).all()
    server.shutdown()


if __name__ == "__main__":
    main()

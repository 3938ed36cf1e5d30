#!/usr/bin/env python3
"""Points the links of docs/*.md at lines of code. Usage: python3 docs/code_links.py [--check].

A link [`name`](../path/file.cpp#L12) leads to the line that defines `name` (of a::b, b). Lines move, so this looks each one
up and rewrites its number; with --check it changes nothing. Exits 1 where a name or file is missing, or a number was wrong.
"""

import re
import sys
from pathlib import Path

LINK = re.compile(r"\[`([\w:]+)`\]\(([^)#]+)#L(\d+)\)")
DOCS = Path(__file__).resolve().parent


def line_of(name, path):
    """The last line that looks like a definition of `name`: a declaration may stand above it."""
    name = re.escape(name.split("::")[-1])
    definition = re.compile(rf"^(?!\s*(?:return|//|template [\w]))\s*(?:(?:struct|class|enum class) {name}\b"
                            rf"|[\w:<>\[\],*& ]*[\w>*&\]] +[*&]?(?:\w+::)?{name}(?:\(| ?=|\{{)|explicit {name}\()")
    found = [(n, line) for n, line in enumerate(path.read_text().splitlines(), 1) if definition.match(line)]
    types = [n for n, line in found if re.match(r"\s*(struct|class|enum)", line)]
    bodies = [n for n, line in found if not line.endswith(";")]
    return (types or bodies or [n for n, _ in found] or [None])[-1]


def main():
    is_check = "--check" in sys.argv[1:]
    wrong = 0
    for page in sorted(DOCS.glob("*.md")):
        def pointed(link, page=page):
            nonlocal wrong
            path = page.parent / link[2]
            line = line_of(link[1], path) if path.is_file() else None
            if str(line) == link[3]:
                return link[0]
            wrong += 1
            print(f"{page.name}: {link[1]} is at {link[2]}:{line or 'no line'}, not {link[3]}")
            return f"[`{link[1]}`]({link[2]}#L{line})" if line else link[0]

        text = page.read_text()
        fixed = LINK.sub(pointed, text)
        if fixed != text and not is_check:
            page.write_text(fixed)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""What Doxygen reads of a file, on the standard output and line for line, so that its messages name the right line.

Of a public header: the header, with two things said that Reel's headers leave to the eye. A doc comment stands for all
overloads below it, and one that ends with a colon for all declarations below it, up to an empty line or another
comment. A header is a topic, whose text is the comment above its first namespace. Of another source: nothing.
"""

import os
import re
import sys
from pathlib import Path


def is_doc(line):
    return re.match(r" *///(?!<)", line) is not None


def indent_of(line):
    return len(line) - len(line.lstrip())


def begins_declaration(line):
    return not re.match(r"[}\])]|requires\b|(public|private|protected):|template <", line.lstrip())


def name_of(line):
    """The function that a line declares, or None."""
    found = re.match(r"[^(]*?((?<!~)\b\w+|operator\W+?) ?\(", re.sub(r"requires.*&& |operator\(\)", "", line))
    return found and found[1]


def one_line(comment):
    """The text of a doc comment, its examples left out."""
    text = [line.strip().removeprefix("///") for line in comment]
    return " ".join(line.strip() or "<br>" for line in text if not line.startswith("     ")).strip()


def share_comments(lines):
    """Says a doc comment again for the other declarations that it stands above."""
    lines = list(lines)
    i = 0
    while i < len(lines):
        first = i
        while i < len(lines) and is_doc(lines[i]):
            i += 1
        if i == first:
            i += 1
            continue
        text, is_for_all = one_line(lines[first:i]), lines[i - 1].endswith(":")
        if is_for_all:
            lines[i - 1] = lines[i - 1][:-1] + "."
            text = text[:-1] + "."
        level, name, is_template = indent_of(lines[first]), None, False
        for at in range(i, len(lines)):
            if not lines[at].strip() or indent_of(lines[at]) < level:
                break
            if indent_of(lines[at]) > level:
                continue
            if lines[at].lstrip().startswith("//"):
                break
            if lines[at].lstrip().startswith("template <"):
                is_template = True
            elif begins_declaration(lines[at]):
                if name is None:
                    name = name_of(lines[at]) or "?"
                elif is_for_all or name_of(lines[at]) == name:
                    where = at - 1 if is_template else at
                    lines[where] = f"/** {text} */" + lines[where]
                else:
                    break
                is_template = False
    return lines


def topic_of(path):
    return "topic_" + re.sub(r"\W", "_", str(path.with_suffix("")))


def make_topic(path, lines):
    """Makes the header a topic, whose text is the comment that stands above its first namespace, set off by empty lines."""
    opening = next((i for i, line in enumerate(lines) if line.startswith("namespace ")), None)
    if opening is None or re.match(r"namespace reel::(detail|kernels)\b", lines[opening]):
        return lines
    lines = list(lines)
    first = next((i for i in range(opening) if is_doc(lines[i])), None)
    define = f"@defgroup {topic_of(path)} {path.name}"
    if first is None:
        lines[0] = f"/** {define} */"
    else:
        lines[first - 1] = f"/// {define}"
    lines[opening] += f" /** @addtogroup {topic_of(path)} */ /** @{{ */"
    closing = max(i for i, line in enumerate(lines) if line.startswith("}"))
    lines[closing] = "/** @} */" + lines[closing]
    return lines


def hide_deleted(lines):
    return ["" if re.search(r"= delete;$", line) else line for line in lines]


def main():
    path = Path(os.path.relpath(sys.argv[1]))
    text = path.read_text()
    if path.suffix == ".md":
        text = text.replace("](../images/", "](images/")  # Doxygen looks for the end of the path
        print(re.sub(r"^(```cpp) (no-run|throws)", r"\1", text, flags=re.MULTILINE), end="")
        return
    if str(path) in os.environ.get("REEL_PUBLIC_HEADERS", "").split():
        lines = hide_deleted(share_comments(text.splitlines()))
        if "REEL_TOPICS" in os.environ:
            lines = make_topic(path, lines)
        print("\n".join(lines))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What the documentation site makes of doc comments, and that it misses none."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TREE / "docs/site"))

import filter as site  # noqa: E402

CASES = [
    ("overloads have one comment", """
/// The sum.
int add(int a);
int add(double a);
int sub(int a);
""", """
/// The sum.
int add(int a);
/** The sum. */int add(double a);
int sub(int a);
"""),
    ("a colon means all that follow", """
/// Of both:
int add(int a);
template <class T>
int sub(T a) {
  return a;
}

int mul(int a);
""", """
/// Of both.
int add(int a);
/** Of both. */template <class T>
int sub(T a) {
  return a;
}

int mul(int a);
"""),
    ("another comment ends it", """
  /// These:
  int a;
  int b;
  // Inner ones.
  int c;
""", """
  /// These.
  int a;
/** These. */  int b;
  // Inner ones.
  int c;
"""),
    ("a class is one declaration", """
/// A thing.
struct Thing {
  int a;
};
struct Other {};
""", None),
]


def check_sharing():
    for what, text, wanted in CASES:
        got = "\n".join(site.share_comments(text.split("\n")))
        if got != (wanted or text):
            raise AssertionError(f"{what}: got {got}")


def check_gaps():
    """Headers with gaps: a tree of their own, with the site's tools."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch).resolve()
        for part in ("docs/images", "core"):
            (tree / part).mkdir(parents=True)
        (tree / "docs/site").symlink_to(TREE / "docs/site")
        (tree / "reel.h").write_text("#include <reel/core/a.h>\n")
        (tree / "core/a.h").write_text("""#pragma once

namespace reel {

/// Numbers.
struct Numbers {
  int a;  ///< one
  int b;
};

/// The first; see @ref nothing.
int first();
int second();

namespace detail {
int hidden();
}  // namespace detail

}  // namespace reel
""")
        code = "import sys; sys.path.insert(0, 'docs/site'); import build; print(*build.check(build.Path('out')), sep='\\n')"
        got = subprocess.run([sys.executable, "-c", code], cwd=tree, check=True, capture_output=True, text=True,
                             env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}).stdout
        for wanted in ("core/a.h:8: warning: Member b", "core/a.h:13: warning: Member second()", "reference to 'nothing'"):
            if wanted not in got:
                raise AssertionError(f"no complaint of {wanted} in {got}")
        if "hidden" in got or "first()" in got:
            raise AssertionError(f"a complaint too many in {got}")


def main():
    check_sharing()
    check_gaps()
    print("the site's check finds gaps")


if __name__ == "__main__":
    main()

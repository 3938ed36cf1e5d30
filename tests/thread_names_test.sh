#!/usr/bin/env bash
# The thread sanitizer runs the tests that `threaded_tests` in ./run matches: every test that starts threads must be
# among them. Where a helper above the tests starts them, one test of its file at least.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pattern=$(sed -n "s/^threaded_tests='\(.*\)'.*/\1/p" run)
# shellcheck disable=SC2016  # the $ signs are awk's
find tests -name 'test_*.cpp' -print0 | sort -z | xargs -0 awk -v pattern="$pattern" '
  function finish() {
    if (helper && !watched) { print file ": no test that ./run sanitize thread would run, and threads"; bad = 1 }
  }
  FNR == 1 { finish(); file = FILENAME; name = ""; helper = watched = 0 }
  /^TEST_CASE/ { name = $0; if (name ~ pattern) watched = 1 }
  /WithThreads |set_num_threads\(|std::j?thread[ >(]|DataLoader / {
    starts = 1
    if (name == "") helper = 1
    else if (name !~ pattern) { print file ":" FNR ": starts threads unwatched: " name; bad = 1 }
  }
  END {
    finish()
    if (!starts) { print "found no test that starts threads"; bad = 1 }
    exit bad
  }'

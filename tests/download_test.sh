#!/usr/bin/env bash
# Downloads from a local HTTP server: whole files, resumed ones, wrong SHA-256, failures.
# usage: tests/download_test.sh [PATH/TO/fetch_file]   (the program of tests/data/fetch_file.cpp)
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
program=${1:-$tests/../build/release/bin/fetch_file}
if [[ ! -x $program ]]; then
  echo "download_test.sh: no program $program; build the target fetch_file or give its path" >&2
  exit 1
fi
exec python3 "$tests/data/download_test.py" "$program"

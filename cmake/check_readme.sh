#!/usr/bin/env bash
# Compiles the C++ of README.md and docs/*.md against the built library, and runs what has a main. A ```cpp block counts
# when it holds `int main` or begins with #include; one that is opened with ```cpp no-run is only compiled and linked.
# Usage: cmake/check_readme.sh [build folder]. Wants ./run build before it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$(cd "${1:-$root/build/release}" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

flags=(-std=c++20 -O1 -Wall -Wextra -Werror "-I$build/include")
libraries=("$build/libreel.a" -lopenblas -ltbb -lhwy -lhwy_contrib -lz -pthread)

# Writes the blocks of the files named to $scratch/1.cpp, 2.cpp, ... with #line, so that errors name the page. Prints
# for each: its file, its place, and how to take it (run, link or compile).
extract() {
  awk -v scratch="$scratch" '
    /^[ \t]*```/ {
      if (inside) {
        inside = 0
        if (is_cpp && (has_main || text ~ /^[ \t\n]*#[ \t]*include/)) {
          out = scratch "/" ++count ".cpp"
          printf "#line %d \"%s\"\n%s", begun + 1, FILENAME, text >out
          close(out)
          print out "\t" FILENAME ":" begun "\t" (!has_main ? "compile" : no_run ? "link" : "run")
        }
      } else {
        inside = 1; begun = FNR; text = ""; has_main = 0
        is_cpp = /^[ \t]*```(cpp|c\+\+)([ \t]|$)/
        no_run = /[ \t]no-run([ \t]|$)/
      }
      next
    }
    inside { text = text $0 "\n"; if (/int main[ \t]*\(/) has_main = 1 }' "$@"
}

cd "$root"
shopt -s nullglob
pages=(README.md docs/*.md)
count=0
failed=0
while IFS=$'\t' read -r source place action; do
  count=$((count + 1))
  program=${source%.cpp}
  ok=yes
  if [[ $action == compile ]]; then
    "${CXX:-g++}" "${flags[@]}" -c "$source" -o "$program.o" || ok=
  elif ! "${CXX:-g++}" "${flags[@]}" "$source" "${libraries[@]}" -o "$program"; then
    ok=
  elif [[ $action == run ]]; then
    mkdir -p "$program.cwd"
    if ! (cd "$program.cwd" && timeout 300 "$program" </dev/null) >"$program.log" 2>&1; then
      tail -n 20 "$program.log"
      ok=
    fi
  fi
  if [[ -z $ok ]]; then
    echo "$place: this block does not $action"
    failed=1
  fi
done < <(extract "${pages[@]}")
echo "$count blocks of ${pages[*]}"
exit "$failed"

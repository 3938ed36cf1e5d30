#!/usr/bin/env bash
# Compiles the C++ of README.md and the pages of docs/ against the built library, and runs what has a main. Every ```cpp
# block holds `int main` or begins with #include; one that is opened with ```cpp no-run is only compiled and linked, and
# one with ```cpp throws is the inside of a function, which throws the message in the plain block behind it.
# Usage: cmake/check_readme.sh [build folder]. Wants ./run build before it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$(cd "${1:-$root/build/release}" && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

flags=(-std=c++20 -O1 -Wall -Wextra -Werror "-I$build/include")
libraries=("$build/libreel.a" -lopenblas -ltbb -lhwy -lhwy_contrib -lz -pthread)
# What is there only with the optional component onnx is compiled without it, too.
has_onnx=
if [[ -f $build/libreel_onnx.a ]]; then
  has_onnx=yes
  libraries=("$build/libreel_onnx.a" "${libraries[@]}" -lonnx_proto -lprotobuf)
fi

# Writes the blocks of the files named to $scratch/1.cpp, 2.cpp, ... with #line, so that errors name the page. Prints
# for each: its file, its place, and how to take it (run, link or compile).
extract() {
  awk -v scratch="$scratch" '
    # The cases of a page are one program.
    function add_case() {
      if (case_file != FILENAME) {
        end_cases()
        case_file = FILENAME; cases = 0
        case_out = scratch "/" ++count ".cpp"
        print "#include <iostream>\n#include <reel/reel.h>\nusing namespace reel;" >case_out
      }
      printf "static void case_%d() {\n#line %d \"%s\"\n%s}\n", ++cases, code_at + 1, FILENAME, code >case_out
      printf "static const char* const message_%d = R\"~(%s)~\";\n", cases, substr(text, 1, length(text) - 1) >case_out
      place[cases] = FILENAME ":" code_at
      code = ""
    }
    function end_cases() {
      if (case_file == "") return
      print "static int failed = 0;" >case_out
      print "static void expect(void (*run)(), const char* wanted, const char* where) {" >case_out
      print "  try { run(); std::cout << where << \": throws nothing\\n\"; } catch (const Error& error) {" >case_out
      print "    if (error.what() == std::string_view(wanted)) return;" >case_out
      print "    std::cout << where << \": throws another message: \" << error.what() << std::endl;\n  }" >case_out
      print "  failed = 1;\n}\nint main() {" >case_out
      for (i = 1; i <= cases; ++i) printf "  expect(case_%d, message_%d, \"%s\");\n", i, i, place[i] >case_out
      print "  return failed;\n}" >case_out
      close(case_out)
      print case_out "\t" case_file "\tthrows"
      case_file = ""
    }
    /^[ \t]*```/ {
      if (inside) {
        inside = 0
        if (throws) { code = text; code_at = begun; throws = 0; next }
        if (code != "") { add_case(); next }
        if (is_cpp && !has_main && text !~ /^[ \t\n]*#[ \t]*include/) {
          print "-\t" FILENAME ":" begun "\tcount: it has neither a main nor an #include"
        } else if (is_cpp) {
          out = scratch "/" ++count ".cpp"
          printf "#line %d \"%s\"\n%s", begun + 1, FILENAME, text >out
          close(out)
          print out "\t" FILENAME ":" begun "\t" (!has_main ? "compile" : no_run ? "link" : "run")
        }
      } else {
        inside = 1; begun = FNR; text = ""; has_main = 0
        is_cpp = /^[ \t]*```(cpp|c\+\+)([ \t]|$)/
        no_run = /[ \t]no-run([ \t]|$)/
        throws = /[ \t]throws([ \t]|$)/
      }
      next
    }
    inside { text = text $0 "\n"; if (/int main[ \t]*\(/) has_main = 1 }
    END { end_cases() }' "$@"
}

cd "$root"
shopt -s nullglob
pages=(README.md docs/*.md docs/examples/*.md)
count=0
failed=0
while IFS=$'\t' read -r source place action; do
  count=$((count + 1))
  program=${source%.cpp}
  quick=()
  [[ $action != throws ]] || quick=(-O0 -Wno-unused-result)
  ok=yes
  if [[ -z $has_onnx && $source != - ]] && grep -q '<reel/nn/onnx/' "$source"; then action=compile; fi
  if [[ $source == - ]]; then
    ok=
  elif [[ $action == compile ]]; then
    "${CXX:-g++}" "${flags[@]}" -c "$source" -o "$program.o" || ok=
  elif ! "${CXX:-g++}" "${flags[@]}" "${quick[@]}" "$source" "${libraries[@]}" -o "$program"; then
    ok=
  elif [[ $action == run || $action == throws ]]; then
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
echo "$count programs of ${#pages[@]} pages"
exit "$failed"

#!/usr/bin/env bash
# Holds the house rules: includes point down only, each outside library is touched in one place, headers begin with
# #pragma once, no source file is longer than 400 lines, and the top level keeps its folders.
# Usage: cmake/check_layers.sh [source folder]. Prints offenders as file:line and exits 1 where there are any.
set -euo pipefail

root=${1:-$(dirname "${BASH_SOURCE[0]}")/..}
cd "$root"

folders=(core data autograd nn optim training examples tests bench)

check_sources() {
  local places=() folder
  for folder in "${folders[@]}"; do [[ ! -d $folder ]] || places+=("$folder"); done
  [[ ! -f reel.h ]] || places+=(reel.h)
  find "${places[@]}" -type f -empty -name '*.h' | sed 's/$/:1: an empty header: it wants at least #pragma once/'
  # shellcheck disable=SC2016  # the $ signs are awk's
  find "${places[@]}" -type f \( -name '*.h' -o -name '*.hpp' -o -name '*.cpp' -o -name '*.cc' \) -print0 |
    sort -z | xargs -0 -r awk '
      BEGIN {
        longest = 400
        below["core"] = " core "
        below["data"] = " data core "
        below["autograd"] = " autograd core "
        below["nn"] = " nn autograd core "
        below["optim"] = " optim autograd core "
        below["training"] = " training nn optim data autograd core "
      }
      function report(line, text) { print file ":" line ": " text }
      function finish() {
        if (file == "") return
        if (lines > longest) report(longest + 1, lines " lines, and " longest " is the most")
        # Highway reads *-inl.h once for each instruction set.
        if (is_header && !has_pragma && file !~ /-inl\.h$/) report(1, "the first line of a header is #pragma once")
      }
      # Where the outside library of this header may be touched, as a pattern of paths; "" for one that is not known.
      function place_of(header) {
        if (header ~ /^(cblas|openblas|f77blas|lapacke)/) return "^core/kernels/gemm\\.cpp$"
        if (header ~ /^hwy\//) return "^core/kernels/[^/]*\\.(cpp|h)$"
        if (header ~ /^(tbb|oneapi)\//) return "^core/parallel\\.cpp$"
        if (header ~ /^(stb\/|stb_)/) return "^data/image[^/]*\\.cpp$"
        if (header ~ /^(zlib|zconf)\.h$/) return "^core/io/deflate\\.cpp$"
        if (header ~ /^(onnx|google\/protobuf)\//) return "^nn/onnx/[^/]*\\.cpp$"
        if (header ~ /^doctest/) return "^tests/"
        if (header ~ /^CLI\//) return "^examples/"
        if (header == "httplib.h") return "^examples/demo/server\\.cpp$"
        if (header ~ /^benchmark\//) return "^bench/"
        return ""
      }
      # C++ headers have neither dot nor slash; beside them, what the operating system and the processor bring.
      function is_system(header) {
        return header !~ /[.\/]/ || header ~ /^experimental\// ||
          header ~ /^(sys|linux|arpa|netinet)\// || header ~ /^sanitizer\/[a-z_]*\.h$/ ||
          header ~ /^(unistd|fcntl|pthread|sched|signal|spawn|poll|dirent|dlfcn|malloc|netdb|pwd|termios)\.h$/ ||
          header ~ /^(cxxabi|cpuid|[a-z]+intrin|arm_neon)\.h$/
      }
      FNR == 1 {
        finish()
        file = FILENAME
        folder = file; sub(/\/.*/, "", folder)
        is_library = folder in below
        is_header = file ~ /\.(h|hpp)$/
        has_pragma = 0; seen_code = 0
      }
      { lines = FNR; sub(/\r$/, "") }
      !seen_code && !/^[ \t]*(\/\/.*)?$/ { seen_code = 1; has_pragma = /^#pragma once[ \t]*$/ }
      /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
        quoted = /include[ \t]*"/
        header = $0
        sub(/^[^<"]*[<"]/, "", header); sub(/[>"].*/, "", header)
        if (header ~ /^reel\//) {
          target = header; sub(/^reel\//, "", target); sub(/\/.*/, "", target)
          if (is_library && index(below[folder], " " target " ") == 0)
            report(FNR, folder "/ may not include <" header ">; it may use" below[folder] "only")
          next
        }
        place = place_of(header)
        if (place != "") {
          readable = place; gsub(/[\\^$]/, "", readable); gsub(/\[\/\]\*/, "*", readable)
          gsub(/\[[^]]*\]\*/, "*", readable)
          if (file !~ place) report(FNR, "<" header "> may be included in " readable " only")
          next
        }
        if (quoted && is_library) report(FNR, "\"" header "\" is spelt <reel/...> here")
        else if (quoted) {
          target = header; ups = gsub(/\.\.\//, "", target); sub(/\/.*/, "", target)
          depth = gsub(/\//, "/", file) - 1  # of the folder of this file below the top one
          if (ups > depth || (ups == 0 && target != folder && target ~ /^(examples|tests|bench)$/))
            report(FNR, folder "/ may not include \"" header "\"")
        }
        else if (is_library && !is_system(header))
          report(FNR, "<" header "> belongs to no library that Reel uses")
      }
      END { finish() }'
}

check_top_level() {
  local path name
  for path in */; do
    name=${path%/}
    case " ${folders[*]} docs cmake build " in *" $name "*) continue ;; esac
    if git check-ignore -q "$name" 2>/dev/null; then continue; fi
    echo "$name:1: a top-level folder that the design does not name"
  done
}

offenders=$(check_sources && check_top_level)
if [[ -n $offenders ]]; then
  printf '%s\n' "$offenders"
  exit 1
fi

#!/usr/bin/env bash
# Reel in another project: tests/consumer, by each way that it can come by Reel. What every way takes in time is printed.
# usage: tests/install_test.sh [BUILD FOLDER]
# Wants ./run build before it; pkg-config, dpkg-dev and mmdebstrap; and root, for a root of the Debian packages' own. One
# build folder makes both kinds of library, of the same objects; it is left as it was.
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
build=$(realpath "${1:-$tests/../build/release}")
cmake=$(sed -n 's/^CMAKE_COMMAND:INTERNAL=//p' "$build/CMakeCache.txt")
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")
prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
scratch=$(mktemp -d)
export CMAKE_GENERATOR=Ninja

finish() {
  local status=$?
  "$cmake" -DBUILD_SHARED_LIBS=OFF -DCMAKE_INSTALL_PREFIX="$prefix" "$build" >/dev/null
  rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT

# try COMMAND...: its output only where it fails.
try() {
  "$@" >"$scratch/log" 2>&1 </dev/null || {
    cat "$scratch/log"
    echo "FAILED: $*"
    return 1
  }
}

# refuses WORDS COMMAND...: it fails, and says the words.
refuses() {
  if "${@:2}" >"$scratch/log" 2>&1 </dev/null || ! grep -qF "$1" "$scratch/log"; then
    cat "$scratch/log"
    echo "should fail with '$1': ${*:2}"
    return 1
  fi
}

step() {
  local begun=$SECONDS
  "$@"
  printf '%-48s %4d s\n' "$*" $((SECONDS - begun))
}

# expect_below NUMBER BOUND WHAT
expect_below() {
  echo "$3: $1, wanted less than $2"
  (($1 < $2))
}

has_onnx() { "$cmake" --build "$build" --target help | grep -q "^reel_onnx:"; }

# library static|shared: built, and installed in $scratch/static or shared.
library() {
  local shared=OFF
  [[ $1 == static ]] || shared=ON
  try "$cmake" -DBUILD_SHARED_LIBS=$shared -DCMAKE_INSTALL_PREFIX=/usr "$build"
  try "$cmake" --build "$build" --target reel
  if has_onnx; then try "$cmake" --build "$build" --target reel_onnx; fi
  try "$cmake" --install "$build" --prefix "$scratch/$1"
}

# project SOURCES CMAKE ARGUMENTS...: a project of examples/ or tests/, built and run.
project() {
  local name=${1##*/} folder
  folder=$(mktemp -d -p "$scratch")
  try "$cmake" -S "$tests/../$1" -B "$folder" "${@:2}"
  try "$cmake" --build "$folder"
  try "$folder/${name#[0-9][0-9]_}"
}

# found_by_cmake static|shared PROJECT
found_by_cmake() { project "$2" -DCMAKE_PREFIX_PATH="$scratch/$1"; }

# The component onnx where it was built; and where not, what is said of it, and everything else as before.
component_onnx() {
  local targets consumer=$scratch/onnx
  mkdir -p "$consumer"
  cat >"$consumer/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(onnx_consumer CXX)
find_package(reel CONFIG REQUIRED COMPONENTS onnx)
add_executable(onnx_consumer main.cpp)
target_link_libraries(onnx_consumer PRIVATE reel::onnx)
END
  cat >"$consumer/main.cpp" <<'END'
#include <reel/nn/onnx/export.h>
#include <reel/nn/onnx/import.h>
#include <reel/reel.h>
int main() {
  reel::nn::Sequential model{reel::nn::Linear(3, 2), reel::nn::ReLU()};
  reel::onnx::export_model("model.onnx", model, reel::normal({2, 3}));
  reel::onnx::Model back = reel::onnx::import_model("model.onnx");
  return back(reel::normal({5, 3})).shape() == reel::Shape{5, 2} ? 0 : 1;
}
END
  try "$cmake" -S "$consumer" -B "$consumer/build" -DCMAKE_PREFIX_PATH="$scratch/$1"
  try "$cmake" --build "$consumer/build"
  (cd "$consumer" && try build/onnx_consumer && test -s model.onnx)
  targets=$(find "$scratch/$1" -name reelOnnxTargets.cmake)
  mv "$targets" "$scratch/kept"
  wants "$1" 'reel COMPONENTS onnx' 'this Reel was built without onnx'
  mv "$scratch/kept" "$targets"
  rm -r "$consumer"
}

# Another version, and a component that there is none of.
only_what_is_there() {
  wants static 'reel 0.2' 'version: 0.1'
  wants static 'reel 0.1 COMPONENTS cuda' 'Reel has no component cuda'
}

# wants static|shared PACKAGE WORDS: what find_package says when it doesn't find the package.
wants() {
  local consumer=$scratch/other
  mkdir -p "$consumer"
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(other CXX)\nfind_package(%s REQUIRED)\n' "$2" >"$consumer/CMakeLists.txt"
  rm -rf "$consumer/build"
  refuses "$3" "$cmake" -S "$consumer" -B "$consumer/build" -DCMAKE_PREFIX_PATH="$scratch/$1"
}

# compile FOLDER FLAGS...: the user's file with g++ and what pkg-config says of the Reel below the folder.
compile() {
  local packages
  packages=$(dirname "$(find "$1" -name reel.pc)")
  # shellcheck disable=SC2046  # the flags are words
  try "${CXX:-g++}" -std=c++20 "$tests/consumer/main.cpp" -o "$scratch/consumer" \
    $(PKG_CONFIG_PATH=$packages pkg-config --cflags --libs "${@:2}" reel)
}

found_by_pkg_config() {
  if [[ $1 == static ]]; then
    compile "$scratch/static" --static
    try "$scratch/consumer"
  else
    compile "$scratch/shared"
    try env LD_LIBRARY_PATH="$(dirname "$(find "$scratch/shared" -name libreel.so)")" "$scratch/consumer"
  fi
}

# As a part of the project, by add_subdirectory or FetchContent. Of Reel's layers core and optim are compiled; the others,
# and kernels, would take minutes, and are those that the build folder has from the same sources.
part_of_project() {
  cat >"$scratch/launcher" <<'END'
#!/usr/bin/env bash
object=${*: -3:1}  # ... -o object -c source
case $object in
  *core/kernels/* | *reel_autograd* | *reel_nn* | *reel_data*) cp "$BUILD/CMakeFiles/${object#*CMakeFiles/}" "$object" ;;
  *) exec "$@" ;;
esac
END
  chmod +x "$scratch/launcher"
  BUILD=$build project tests/consumer -DREEL_BY="$1" -DCMAKE_CXX_COMPILER_LAUNCHER="$scratch/launcher"
}

# The name that programs look for, what it shows, and what it weighs without its symbols.
looks_of_shared_library() {
  local library
  library=$(find "$scratch/shared" -name libreel.so)
  readelf -d "$library" | grep -qF "soname: [libreel.so.${version%.*}]"
  if nm -D --defined-only "$library" | awk '{ print $3 }' | c++filt -p | grep -vE '^([A-Za-z -]+ (for|to) )?reel::'; then
    echo "FAILED: $library shows more than namespace reel"
    return 1
  fi
  strip -o "$scratch/stripped" "$library"
  expect_below "$(stat -c %s "$scratch/stripped")" 8000000 "bytes of the shared library, stripped"
}

# The best of three, for a busy machine's sake.
time_of_compilation() {
  local begun took best=999999
  for _ in 1 2 3; do
    begun=$(date +%s%N)
    "${CXX:-g++}" -std=c++20 -I"$scratch/static/include" -c "$tests/consumer/main.cpp" -o "$scratch/main.o"
    took=$((($(date +%s%N) - begun) / 1000000))
    if ((took < best)); then best=$took; fi
  done
  expect_below "$best" 3000 "milliseconds to compile a file with <reel/reel.h> and a LeNet"
}

# Installed where there is nothing but what they ask for, used, and gone again without a trace.
debian_packages() {
  local root=$scratch/root
  try "$(dirname "$cmake")/cpack" --config "$build/CPackConfig.cmake" -B "$scratch/packages"
  try mmdebstrap --variant=apt "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$root"
  cp "$scratch"/packages/*.deb "$root/tmp"
  files_of "$root" >"$scratch/before"
  try chroot "$root" sh -c 'apt-get update && apt-get install -y --no-install-recommends /tmp/*.deb'
  compile "$root"
  cp "$scratch/consumer" "$root/tmp"
  try chroot "$root" /tmp/consumer
  try chroot "$root" apt-get purge -y --autoremove 'libreel*'
  files_of "$root" | diff "$scratch/before" -
}

# The files below a root that packages bring.
files_of() { (cd "$1" && find bin etc lib opt sbin srv usr | sort); }

step library static
step found_by_cmake static tests/consumer
step found_by_cmake static examples/04_custom_op
step only_what_is_there
if has_onnx; then step component_onnx static; fi
step found_by_pkg_config static
time_of_compilation
step part_of_project subdirectory
step part_of_project fetch
step library shared
step looks_of_shared_library
step found_by_cmake shared tests/consumer
if has_onnx; then step component_onnx shared; fi
step found_by_pkg_config shared
step debian_packages

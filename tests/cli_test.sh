#!/usr/bin/env bash
# The programs as a user meets them: what they print, their exit codes, and what bad input gets.
# usage: tests/cli_test.sh [FOLDER/WITH/PROGRAMS]
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
bin=$(realpath "${1:-$tests/../build/release/bin}")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

passed=0
failed=0

check() {
  if "${@:2}"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n' "$1"
    sed 's/^/  | /' output
  fi
}

# refuses WORDS PROGRAM ARGUMENTS...: exit code 1, and an error that has the words (an extended regular expression).
refuses() {
  local words=$1 status=0
  shift
  timeout 120 "$bin/$@" >output 2>&1 </dev/null || status=$?
  check "$* should end with 1, ended with $status" test "$status" -eq 1
  check "$* should say '$words'" grep -qE -- "$words" output
}

# works PROGRAM ARGUMENTS...
works() {
  local status=0
  timeout 300 "$bin/$@" >output 2>&1 </dev/null || status=$?
  check "$* should end with 0, ended with $status" test "$status" -eq 0
}

says() { check "the output should say '$1'" grep -qE -- "$1" output; }

quick=(--train-limit 640 --epochs 1 --model mlp)

works mnist "${quick[@]}" --save mlp.safetensors --log log.jsonl --mistakes wrong.png
says '^epoch 1/1: train loss [0-9.]+, test loss [0-9.]+, test accuracy [0-9.]+ %, [0-9.]+ s, [0-9]+ images/s$'
says '^test accuracy: [0-9.]+ % \([0-9]+ of 10000\)$'
says 'worst mistakes .*: wrong.png$'
check "plain lines into a pipe, no control characters" bash -c '! grep -q "[[:cntrl:]]" output'
check "a PNG" grep -q PNG wrong.png
check "a line for the configuration and one for the epoch" test "$(wc -l <log.jsonl)" -eq 2
for key in epoch train_loss train_seconds test_loss test_accuracy images_per_second peak_rss_bytes; do
  check "the log has $key" grep -qE "\"$key\": [0-9.e+-]+" <(tail -n 1 log.jsonl)
done

works mnist --load mlp.safetensors --epochs 0
says '^model: mlp, 203530 parameters'
works predict --load mlp.safetensors wrong.png
says '^wrong.png: [0-9]$'

# Saving over a model that is there, and the same seed the same bytes.
works mnist "${quick[@]}" --save again.safetensors --threads 1
check "the same weights from one thread" cmp mlp.safetensors again.safetensors

# Options
refuses 'not expected: --bogus' mnist --bogus
refuses '--model: .*resnet' mnist --model resnet
refuses '--batch-size: must be a number of at least 1, got 0' mnist --batch-size 0
refuses '--lr' mnist --lr fast
refuses '--load is required' predict
works mnist --help
for option in data test-data model epochs batch-size lr momentum weight-decay seed threads augment save load log; do
  says "^  --$option "
done

# Data
refuses '/nonexistent: is no folder' mnist --data /nonexistent
mkdir empty
refuses 'train-images-idx3-ubyte' mnist --data empty
refuses 'batch_size of 100 is more than the 10 examples' mnist --train-limit 10 --batch-size 100
mkdir lying
printf '\0\0\10\3\0\0\377\377\0\0\0\34\0\0\0\34' >lying/train-images-idx3-ubyte
printf '\0\0\10\1\0\0\0\1\0' >lying/train-labels-idx1-ubyte
refuses 'lying/train-images-idx3-ubyte: .*byte' mnist --data lying

# Models
refuses 'missing.safetensors: can.t be opened' mnist --load missing.safetensors
head -c 3000 mlp.safetensors >short.safetensors
refuses 'short.safetensors: .*byte' mnist --load short.safetensors
refuses 'holds a mlp, and --model says cnn' mnist --load mlp.safetensors --model cnn
sed 's/"model":"mlp"/"model":"vgg"/' mlp.safetensors >liar.safetensors
refuses 'missing: .*0.weight|misfit' mnist --load liar.safetensors

# Places that can't be written
refuses '/nowhere/x: ' mnist "${quick[@]}" --save /nowhere/x
refuses '/nowhere/x: ' mnist "${quick[@]}" --log /nowhere/x
refuses '/dev/full: ' mnist "${quick[@]}" --log /dev/full
in_little_space() {
  ulimit -f 100
  trap '' XFSZ
  failed=0
  refuses 'mlp.safetensors: .*(large|space)' mnist "${quick[@]}" --save mlp.safetensors
  ((failed == 0))
}
check "a full disk is told" eval '(in_little_space)'
check "a failed save leaves the old file" cmp mlp.safetensors again.safetensors
check "and no half-written one" test -z "$(find . -name '*.tmp*')"

# Pictures
refuses 'log.jsonl: ' predict --load mlp.safetensors log.jsonl
head -c 2000 wrong.png >short.png
refuses 'short.png: ' predict --load mlp.safetensors short.png
refuses 'none.png: ' predict --load mlp.safetensors none.png

# A loss that is no number
refuses 'the loss is (NaN|infinite) in epoch 1, batch [0-9]+; first bad value: [a-z_0-9]+( \([0-9]+\))?: ' \
  mnist --train-limit 640 --epochs 1 --lr 1e9

# Ctrl-C: ends after the batch, saves, and says so.
"$bin/mnist" --model cnn --epochs 50 --save stopped.safetensors >output 2>&1 </dev/null &
sleep 3
kill -INT $!
status=0
wait $! || status=$?
check "Ctrl-C should end with 0, ended with $status" test "$status" -eq 0
says '^interrupted in epoch 1'
works mnist --load stopped.safetensors --epochs 0

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

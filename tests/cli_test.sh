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
  timeout 120 "$bin/$1" "${@:2}" >output 2>&1 </dev/null || status=$?
  check "$* should end with 1, ended with $status" test "$status" -eq 1
  check "$* should say '$words'" grep -qE -- "$words" output
}

# works PROGRAM ARGUMENTS...
works() {
  local status=0
  timeout 300 "$bin/$1" "${@:2}" >output 2>&1 </dev/null || status=$?
  check "$* should end with 0, ended with $status" test "$status" -eq 0
}

# exactly FILE TEXT: the file holds the text and nothing else.
exactly() { check "$1 should hold '$2'" test "$(cat "$1")" = "$2"; }

# interrupt ARGUMENTS...: mnist with Ctrl-C half a second after the training or the test began.
interrupt() {
  local status=0 process
  rm -f output  # that of the program before says the same
  "$bin/mnist" "$@" >output 2>&1 </dev/null &
  process=$!
  for _ in {1..300}; do
    if grep -qs '^model: ' output; then break; fi
    sleep 0.1
  done
  sleep 0.5
  kill -INT $process
  wait $process || status=$?
  check "Ctrl-C should end mnist $* with 0, ended with $status" test "$status" -eq 0
  says '^stopping after this batch'
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

works mnist "${quick[@]}" --profile trace.json
says '^steps 4 to 10 by op and by layer:$'
says '^  linear backward +7 .* %'
says '^backward +7 .* %'
says '^DataLoader +7 .* %'
check "the trace has a layer's backward" grep -q '"name": "linear backward", "cat": "backward", "ph": "X"' trace.json
if type -P python3 >/dev/null; then
  check "the trace is JSON" python3 -c 'import json; assert len(json.load(open("trace.json"))["traceEvents"]) > 100'
fi
works mnist --model mlp --epochs 1 --train-limit 128 --profile none.json
says '^no profile: the training has fewer than 4 steps$'

works mnist --load mlp.safetensors --epochs 0
says '^model: mlp, 203530 parameters'
works predict --load mlp.safetensors wrong.png
says '^wrong.png: [0-9]$'

# Reports
works report log.jsonl -o page.html
says '^mlp.safetensors: mlp, [0-9.]+ % of 10000 images right$'
says '^open it in a browser: page.html$'
cp mlp.safetensors other.safetensors
works report log.jsonl --weights other.safetensors --weights mlp.safetensors --data synthetic -o page.html
check "both nets in the page" grep -q '"path": "other.safetensors"' page.html
refuses 'logs is required' report
refuses 'none.jsonl: .*No such file' report none.jsonl
refuses 'none.safetensors: .*No such file' report log.jsonl --weights none.safetensors
refuses 'log.jsonl: ' report log.jsonl --weights log.jsonl
refuses 'none/page.html: .*No such file' report log.jsonl -o none/page.html
# bad_log TEXT WORDS: a log that is refused.
bad_log() {
  printf '%b' "$1" >bad.log
  refuses "bad.log: $2" report bad.log
}
bad_log '' 'is empty: wants a log'
bad_log '\n \n' 'is empty: wants a log'
bad_log '{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "loss": }\n' "line 2 wants a number at byte 21"
bad_log '{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "lo\n{"epoch": 3}\n' 'line 2 ends within a string'
bad_log '{"epoch": 1, "loss": 0.5} x\n' 'line 1 goes on after the JSON'
bad_log '{"epoch": 1, "epoch": 2}\n' 'line 1 has the key "epoch" twice'
bad_log '{"epoch": 1, "ok": tru}\n' "line 1 wants a value, has 'tru'"
bad_log '{"epo' 'line 1 ends within a string'
bad_log 'once upon a time\n' 'line 1 is neither a JSON object nor a list of names'
bad_log 'step,loss\n1,0.5\n2\n3,0.2\n' 'line 3 wants 2 cells, has 1'
bad_log 'step,loss\n1,half\n' 'line 2 wants a number'
bad_log 'step,"loss\n' 'line 1 ends within quotes'
refuses 'mistakes.png: line 1 is not UTF-8' report mistakes.png
# good_log TEXT WORDS: one that is taken, and what the page has of it.
good_log() {
  printf '%b' "$1" >good.log
  works report good.log -o good.html
  check "the page should have $2" grep -qF -- "$2" good.html
}
good_log '{"step": 1, "loss": null}\n{"step": 2, "loss": -1.5e-1}' '"step": [1,'
good_log '{"step": 1, "loss": Infinity, "more": {"a": [1]}}\n\n{"step": 2, "loss": 0.25}\n{"step": 3, "lo' '"isCutOff": true'
good_log '{"step": 1, "histogram": "w", "count": 3}\n{"step": 1, "loss": 1}\n' '"curves": [{"name": "loss"'
good_log '{"loss": 1}\r\n{"loss": 2}\r\n' '"axis": "line"'
good_log 'step,"a ""b"", c",loss\r\n1,,0.5\r\n2,nan,0.25\r\n3,0.' '"name": "a \"b\", c"'

# Saving over a model that is there, and the same seed the same bytes.
works mnist "${quick[@]}" --save again.safetensors --threads 1
check "the same weights from one thread" cmp mlp.safetensors again.safetensors

# Options
refuses 'not expected: --bogus' mnist --bogus
refuses '--model: .*resnet' mnist --model resnet
refuses '--batch-size: must be a whole number from 1 to [0-9]+, got 0' mnist --batch-size 0
refuses '--batch-size: must be a whole .*, got 99999999999999999999$' mnist --batch-size 99999999999999999999
refuses '--seed: must be a whole number from 0 .*, got -1$' mnist --seed -1
refuses '--threads: must be a whole number from 0 to 1024, got 100000' mnist --threads 100000
refuses '--lr: must be a number of at least 0, got fast' mnist --lr fast
refuses '--lr: must be a number of at least 0, got inf' mnist --lr inf
refuses '--momentum: must be a number of at least 0 and below 1, got 1.5' mnist --momentum 1.5
refuses '--weight-decay: must be a number of at least 0, got nan' mnist --weight-decay nan
refuses '--load is required' predict
works mnist --help
for option in recipe data test-data holdout model epochs batch-size lr momentum weight-decay schedule augment \
  label-smoothing seed threads save load log profile; do
  says "^  --$option "
done

for program in conv_same conv_strided_same conv_from_scratch gradient_penalty newton_step maml; do
  refuses 'takes no options, got --bogus' "$program" --bogus
  works "$program" --help
  says '^It takes no options'
done
for program in gradient_penalty newton_step maml; do works "$program"; done  # they look at their results themselves

# Recipes: they change the defaults, and an option that is given wins.
refuses '--recipe: .*slow' mnist --recipe slow
refuses '--schedule: .*fast' mnist --schedule fast
refuses '--augment: .*flip' mnist --augment flip
refuses '--label-smoothing: .*got 1.5' mnist --label-smoothing 1.5
refuses '--test-data excludes --holdout' mnist --holdout 10 --test-data synthetic
refuses '--holdout: leaves none of the 60000 training images' mnist --holdout 60000
works mnist --recipe best --help
says '^  --augment .*=affine( |$)'
says '^  --schedule .*=one-cycle( |$)'
for recipe in speedrun best; do
  works mnist --epochs 1 --train-limit 640 --batch-size 64 --holdout 100 --recipe $recipe --save $recipe.safetensors
  says '^model: .*; 640 training and 100 test images'
  says '^epoch 1/1: '
  says '^[0-9.]+ s in all$'
  works mnist --load $recipe.safetensors --epochs 0 --holdout 100
  works predict --load $recipe.safetensors wrong.png
  refuses 'and --model or --recipe says' mnist --load mlp.safetensors --recipe $recipe
done

# A number with leading zeros is a decimal one.
works mnist --load mlp.safetensors --epochs 00 --train-limit 0100 --batch-size 010
says ' 100 training'

# Data
refuses '/nonexistent: is no folder' mnist --data /nonexistent
mkdir empty
refuses 'train-images-idx3-ubyte' mnist --data empty
refuses 'batch_size of 100 is more than the 10 examples' mnist --train-limit 10 --batch-size 100
mkdir lying
printf '\0\0\10\3\0\0\377\377\0\0\0\34\0\0\0\34' >lying/train-images-idx3-ubyte
printf '\0\0\10\1\0\0\0\1\0' >lying/train-labels-idx1-ubyte
refuses 'lying/train-images-idx3-ubyte: .*byte' mnist --data lying
mkdir hollow
printf '\0\0\10\3\0\0\0\0\0\0\0\34\0\0\0\34' >hollow/train-images-idx3-ubyte
printf '\0\0\10\1\0\0\0\0' >hollow/train-labels-idx1-ubyte
refuses 'hollow/train-images-idx3-ubyte: an empty data set' mnist --data hollow

# Models
refuses 'missing.safetensors: can.t be opened' mnist --load missing.safetensors
head -c 3000 mlp.safetensors >short.safetensors
refuses 'short.safetensors: .*byte' mnist --load short.safetensors
refuses 'holds a mlp, and --model or --recipe says cnn' mnist --load mlp.safetensors --model cnn
sed 's/"model":"mlp"/"model":"vgg"/' mlp.safetensors >liar.safetensors
refuses 'missing: .*0.weight|misfit' mnist --load liar.safetensors

# Places that can't be written
refuses '/nowhere/x: ' mnist "${quick[@]}" --save /nowhere/x
refuses '/nowhere/x: ' mnist "${quick[@]}" --log /nowhere/x
refuses '/dev/full: ' mnist "${quick[@]}" --log /dev/full
mute() {
  local status=0
  timeout 120 "$bin/$1" "${@:2}" 2>output >/dev/full </dev/null || status=$?
  check "$* into a full disk should end with 1, ended with $status" test "$status" -eq 1
  says 'standard output: can.t be written: '
}
mute mnist "${quick[@]}"
mute predict --load mlp.safetensors wrong.png
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

# A log is replaced only once the run is known to work, and no output takes the place of another file.
echo old >old.jsonl
refuses '/nonexistent: is no folder' mnist --data /nonexistent --log old.jsonl
exactly old.jsonl old
refuses '/nonexistent: is no folder' mnist --data /nonexistent --log new.jsonl
check "no log of a run that never began" test ! -e new.jsonl
log_in_no_space() {
  ulimit -f 0
  trap '' XFSZ
  timeout 120 "$bin/mnist" "${quick[@]}" --mistakes '' --log old.jsonl 2>&1 </dev/null | cat >/dev/null
  ((PIPESTATUS[0] == 1))
}
check "a disk without space for the log is told" eval '(log_in_no_space)'
exactly old.jsonl old
works mnist "${quick[@]}" --log old.jsonl
check "a new log in place of the old one" test "$(grep -c '^{.*}$' old.jsonl) $(wc -l <old.jsonl)" = '2 2'
refuses '--save and --log: both name the file same' mnist --save same --log ./same
refuses '--save and --mistakes: both name the file mistakes.png' mnist --save mistakes.png
refuses '--log and --profile: both name the file same' mnist --log same --profile same
refuses '--log and --mistakes: both' mnist --log "$PWD/same" --mistakes same
refuses '--load and --log: both' mnist --load mlp.safetensors --log mlp.safetensors
check "the weights are as they were" cmp mlp.safetensors again.safetensors
works mnist "${quick[@]}" --mistakes ''
check "no sheet of mistakes was asked for" bash -c '! grep -q "worst mistakes" output'

# A line of progress fits the terminal.
if type -P script >/dev/null; then
  script -qec "stty cols 40; '$bin/mnist' --train-limit 6400 --epochs 1" typescript >/dev/null 2>&1 </dev/null || true
  grep -a 'images/s\|accuracy\|epoch' typescript | grep -av '^epoch 1/1: ' | tr '\r' '\n' | sed 's/\x1b\[K//' \
    | grep -a '^epoch 1/1 ' >output || true
  check "there is a line of progress" test -s output
  # shellcheck disable=SC2016  # the $ sign is awk's
  check "lines of progress stay below 40 columns" awk 'length($0) >= 40 { bad = 1 } END { exit bad }' output
fi

# Pictures
refuses 'log.jsonl: ' predict --load mlp.safetensors log.jsonl
head -c 2000 wrong.png >short.png
refuses 'short.png: ' predict --load mlp.safetensors short.png
refuses 'none.png: ' predict --load mlp.safetensors none.png
# 40 x 40 pixels of grey and opacity, all of them white, and a bar of 6 x 24 opaque; and one black pixel.
base64 -d >white.png <<<'iVBORw0KGgoAAAANSUhEUgAAACgAAAAoCAQAAAAm93DmAAAALklEQVR42u3WoREAAAgDse6/
NFgGgMOk76Obym4BAm/AOSAQCAQCgb+gbwO8BhuJ+smLCJaEbQAAAABJRU5ErkJggg=='
base64 -d >dot.png <<<'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=='
works predict --load mlp.safetensors white.png
says '^white.png: [0-9]$'
refuses 'dot.png: to_mnist: found no ink' predict --load mlp.safetensors white.png dot.png
refuses 'dot.png: shows 1 x 1 pixels, the filters want sides of at least 13' feature_maps dot.png

# Pages that show a tape
works tape_tour
says '^ +4  mul '
says '^wrote /.*/tape_lenet5.html$'
for page in scalar mlp lenet5; do check "a page" grep -q '</html>' "tape_$page.html"; done
refuses 'takes no options, got --x' tape_tour --x

# The examples that learn something, as small as they go
works tensors
says '^  matmul: wants '
works autograd
says '^gradient of w1: 30 numbers'
works autoencoder --epochs 1 --train-limit 640
says '^epoch 1/1: loss of a pixel [0-9.]+ in training, [0-9.]+ in the test'
check "a PNG" grep -q PNG autoencoder.png
refuses '--code: must be a whole number from 1 to 1024, got 0' autoencoder --code 0
works wgan_gp --steps 2 --critic-steps 1 --batch-size 8
says '^step     2: distance +-?[0-9.]+, penalty [0-9.]+'
check "a PNG" grep -q PNG wgan_gp.png
refuses '--batch-size: must be a whole number from 2 ' wgan_gp --batch-size 1
works mnist --train-limit 640 --epochs 1 --model cnn --save cnn.safetensors
works saliency --load cnn.safetensors --images 2
says '^a [0-9] taken for a [0-9], with [0-9.]+ %$'
check "a PNG" grep -q PNG saliency.png
refuses 'the net has no layer of feature maps' saliency --load mlp.safetensors
for model in lstm transformer; do
  works text --model $model --steps 2 --window 16 --batch-size 4 --length 20 --save text.safetensors
  says '^step +2/2: [0-9.]+ bits a character'
  works text --model $model --window 16 --load text.safetensors --length 20 --temperature 0
  says '^The Light '
done
refuses 'lstm and a model transformer, got gru' text --model gru
refuses "the character '#' does not occur" text --prompt '#'
refuses 'none.txt: can.t be read' text --text none.txt
printf 'too short' >short.txt
refuses 'short.txt: has 9 characters' text --text short.txt

# A loss that is no number
refuses 'the loss is (NaN|infinite) in epoch 1, batch [0-9]+; first bad value: [a-z_0-9]+( \([0-9]+\))?: ' \
  mnist --train-limit 640 --epochs 1 --lr 1e9

# Ctrl-C: ends after the batch, of training or test, saves, and says so.
interrupt --model cnn --epochs 50 --save stopped.safetensors
says '^interrupted in epoch 1'
works mnist --load stopped.safetensors --epochs 0
interrupt --model vgg --threads 1 --epochs 1 --train-limit 64 --mistakes ''
says '^interrupted in the test of epoch 1'
check "an epoch that was cut off has no result" bash -c '! grep -q "test accuracy" output'
interrupt --model vgg --threads 1 --epochs 0 --mistakes ''
says '^interrupted in the test after'

# Checkpoints: a run that was stopped goes on where it was, and one of other settings does not.
interrupt --model cnn --epochs 2 --train-limit 6400 --checkpoints kept --log kept.jsonl
works mnist --model cnn --epochs 2 --train-limit 6400 --checkpoints kept --log kept.jsonl --save kept.safetensors
says '^going on in epoch 1 from kept$'
says '^epoch 2/2: '
check "one configuration and two epochs in the log" test "$(wc -l <kept.jsonl)" -eq 3
works mnist --model cnn --epochs 2 --train-limit 6400 --save whole.safetensors
check "the weights of a run that was stopped" cmp kept.safetensors whole.safetensors
works mnist --model cnn --epochs 2 --train-limit 6400 --checkpoints kept
says '^test accuracy: '
refuses 'another configuration.*' mnist --model cnn --epochs 2 --train-limit 6400 --checkpoints kept --lr 0.01
says '^  lr: saved with 0.02, this run has 0.01$'
refuses '--checkpoint-steps requires --checkpoints' mnist --checkpoint-steps 5

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))

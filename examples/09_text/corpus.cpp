#include "corpus.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <reel/core/error.h>
#include <reel/core/kernels/index.h>
#include <set>
#include <vector>

namespace text {

using namespace reel;

Vocabulary::Vocabulary(std::string_view text) {
  const std::set<unsigned char> there(text.begin(), text.end());
  characters_.assign(there.begin(), there.end());
  numbers_.fill(-1);
  for (std::int64_t i = 0; const unsigned char c : there) numbers_.at(c) = i++;
}

Tensor Vocabulary::encode(std::string_view text) const {
  Tensor numbers = Tensor::empty({static_cast<std::int64_t>(text.size())}, int64);
  auto* out = numbers.mutable_data<std::int64_t>();
  for (const char c : text) {
    const std::int64_t number = numbers_.at(static_cast<unsigned char>(c));
    require<ValueError>(number >= 0, "text", "the character '", std::string(1, c), "' does not occur in the text");
    *out++ = number;
  }
  return numbers;
}

Corpus load_corpus(const std::string& path, std::int64_t window) {
  std::ifstream file(path, std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  require<IoError>(file.good() && !all.empty(), path, "can't be read, or is empty");
  Vocabulary vocabulary(all);
  const Tensor numbers = vocabulary.encode(all);
  const std::int64_t kept = numbers.numel() / 10;
  require<ValueError>(kept > window, path, "has ", numbers.numel(),
                      " characters; the tenth to test on is to be longer than a window of ", window);
  return {std::move(vocabulary), numbers.narrow(0, 0, numbers.numel() - kept),
          numbers.narrow(0, numbers.numel() - kept, kept)};
}

Windows random_windows(const Tensor& text, std::int64_t count, std::int64_t window, Generator& generator) {
  std::vector<Tensor> inputs, targets;
  const Tensor starts = uniform({count}, 0, static_cast<double>(text.numel() - window), float64, generator);
  for (const double start : starts.span<double>()) {
    inputs.push_back(text.narrow(0, static_cast<std::int64_t>(start), window));
    targets.push_back(text.narrow(0, static_cast<std::int64_t>(start) + 1, window));
  }
  return {stack(inputs), stack(targets)};
}

Windows all_windows(const Tensor& text, std::int64_t window) {
  const std::int64_t count = (text.numel() - 1) / window;
  return {text.narrow(0, 0, count * window).reshape({count, window}),
          text.narrow(0, 1, count * window).reshape({count, window})};
}

std::pair<double, double> counted_bits(const Corpus& corpus) {
  const auto size = static_cast<std::size_t>(corpus.vocabulary.size());
  std::vector<double> singles(size, 1), pairs(size * size, 1);  // all were seen once, so that none is impossible
  const auto train = corpus.train.span<std::int64_t>();
  for (std::size_t i = 0; i < train.size(); ++i) {
    const auto now = static_cast<std::size_t>(train[i]);
    singles[now] += 1;
    if (i > 0) pairs[static_cast<std::size_t>(train[i - 1]) * size + now] += 1;
  }
  std::vector<double> rows(size, 0);
  for (std::size_t i = 0; i < pairs.size(); ++i) rows[i / size] += pairs[i];
  const double total = static_cast<double>(train.size() + size);
  double single_bits = 0, pair_bits = 0;
  const auto test = corpus.test.span<std::int64_t>();
  for (std::size_t i = 1; i < test.size(); ++i) {
    const auto before = static_cast<std::size_t>(test[i - 1]), now = static_cast<std::size_t>(test[i]);
    single_bits -= std::log2(singles[now] / total);
    pair_bits -= std::log2(pairs[before * size + now] / rows[before]);
  }
  const auto count = static_cast<double>(test.size() - 1);
  return {single_bits / count, pair_bits / count};
}

}  // namespace text

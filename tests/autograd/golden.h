#pragma once

#include <limits>
#include <map>
#include <reel/core/io/safetensors.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/window.h>
#include <sstream>
#include <string>

namespace reel::testing {

/// A file of tests/golden, by its name without the ending.
inline io::SafeTensors load_golden(const std::string& name) {
  return io::load_safetensors(concat(REEL_TEST_DATA, '/', name, ".safetensors"));
}

/// What a golden case's metadata tells: "op=conv2d stride=2,1 padding=same bias=1".
class Attributes {
 public:
  explicit Attributes(const std::string& text) {
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      values_[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }

  [[nodiscard]] bool has(const std::string& key) const { return values_.contains(key); }
  [[nodiscard]] const std::string& word(const std::string& key) const { return values_.at(key); }
  [[nodiscard]] std::string word_or(const std::string& key, const std::string& other) const {
    const auto found = values_.find(key);
    return found == values_.end() ? other : found->second;
  }
  [[nodiscard]] double number(const std::string& key) const { return std::stod(word(key)); }
  [[nodiscard]] std::int64_t integer(const std::string& key) const { return std::stoll(word(key)); }
  [[nodiscard]] bool flag(const std::string& key) const { return word(key) == "1"; }
  /// "2,1" -> [2, 1]; "all" -> [].
  [[nodiscard]] Dims dims(const std::string& key) const {
    Dims out;
    if (word(key) == "all") return out;
    std::istringstream parts(word(key));
    for (std::string part; std::getline(parts, part, ',');) out.push_back(std::stoll(part));
    return out;
  }
  [[nodiscard]] Pair pair(const std::string& key) const {
    const Dims both = dims(key);
    return {both[0], both[1]};
  }

 private:
  std::map<std::string, std::string> values_;
};

/// The largest difference as a share of the largest expected magnitude; infinite where shape or dtype differ.
inline double relative_error(const Tensor& got, const Tensor& expected) {
  if (got.shape() != expected.shape() || got.dtype() != expected.dtype()) {
    return std::numeric_limits<double>::infinity();
  }
  if (got.numel() == 0) return 0;
  const double difference = max(abs(got - expected)).item();
  const double scale = max(abs(expected)).item();
  return scale > 0 ? difference / scale : difference;
}

}  // namespace reel::testing

#pragma once

#include <functional>
#include <map>
#include <reel/autograd/variable.h>
#include <string>
#include <tests/autograd/golden.h>
#include <vector>

namespace reel::testing {

/// A case of a golden file: its attributes and its tensors.
class GoldenCase {
 public:
  GoldenCase(const io::SafeTensors& file, std::string name, const std::string& text)
      : attributes(text), file_(file), name_(std::move(name)) {}

  [[nodiscard]] const Tensor& operator[](const std::string& key) const { return file_.tensors.at(name_ + '.' + key); }
  [[nodiscard]] bool has(const std::string& key) const { return file_.tensors.contains(name_ + '.' + key); }
  [[nodiscard]] DType dtype() const { return name_.ends_with(".f64") ? float64 : float32; }

  const Attributes attributes;

 private:
  const io::SafeTensors& file_;
  std::string name_;
};

// What many ops are called with.
inline std::int64_t axis(const GoldenCase& c) { return c.attributes.integer("axis"); }
inline Dims axes(const GoldenCase& c) { return c.attributes.dims("axes"); }
inline bool keepdim(const GoldenCase& c) { return c.attributes.flag("keepdim"); }

using In = std::vector<Variable>;

/// How each op of a golden file is called, by its name there.
using GoldenCalls = std::map<std::string, std::function<Variable(const In&, const GoldenCase&)>>;

/// Input i, or an undefined one where the case has fewer.
inline Variable optional(const In& v, std::size_t i) { return i < v.size() ? v[i] : Variable(); }

/// Runs every case of tests/golden/<file>.safetensors, and compares the output and the gradients of all floating inputs
/// with PyTorch's: to 1e-10 in float64 and 1e-5 in float32, relative to the largest value. The file has at least
/// `least` cases, and none of the calls goes unused.
void check_golden(const std::string& file, const GoldenCalls& calls, std::size_t least);

}  // namespace reel::testing

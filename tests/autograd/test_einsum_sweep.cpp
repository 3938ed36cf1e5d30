#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <reel/autograd/ops/einsum.h>
#include <string>
#include <tests/core/random_tensors.h>

// einsum of random equations and tensors against the loop over all indices that defines it.

using namespace reel;
using namespace reel::testing;

namespace {

struct Config {
  std::vector<std::string> terms;
  std::string output;
  std::string equation;
  std::vector<Tensor> operands;
  std::map<char, std::int64_t> sizes;
};

Config draw(TensorDice& dice) {
  Config c;
  std::map<char, std::int64_t> wanted;
  for (char label = 'a'; label <= 'e'; ++label) wanted[label] = dice.one_in(40) ? 0 : dice.pick(1, 3);
  for (std::int64_t operand = dice.pick(1, 4); operand > 0; --operand) {
    std::string& term = c.terms.emplace_back();
    for (std::int64_t rank = dice.pick(0, 4); rank > 0; --rank) term += static_cast<char>('a' + dice.pick(0, 4));
    Shape shape;
    for (const char label : term) {
      const bool is_once = std::count(term.begin(), term.end(), label) == 1;
      shape.push_back(is_once && dice.one_in(6) ? 1 : wanted[label]);
      std::int64_t& size = c.sizes.try_emplace(label, 1).first->second;
      if (size == 1) size = shape[shape.rank() - 1];
    }
    c.operands.push_back(dice.numbers(shape, float64, false, false));
    c.equation += (c.terms.size() > 1 ? "," : "") + term;
  }
  const bool is_implied = dice.one_in(4);
  std::string all;
  for (const std::string& term : c.terms) all += term;
  for (const auto& [label, size] : c.sizes) {
    if (is_implied ? std::count(all.begin(), all.end(), label) == 1 : dice.one_in(2)) c.output += label;
  }
  if (is_implied) return c;
  for (std::size_t i = c.output.size(); i > 1; --i) {
    std::swap(c.output[i - 1], c.output[static_cast<std::size_t>(dice.pick(0, static_cast<std::int64_t>(i) - 1))]);
  }
  c.equation += "->" + c.output;
  return c;
}

/// The element of a tensor at given indices of its labels; an axis of size 1 has one for all.
double at(const Tensor& t, const std::string& labels, const std::map<char, std::int64_t>& index) {
  std::int64_t place = 0;
  for (int i = 0; i < t.rank(); ++i) {
    if (t.shape()[i] != 1) place += index.at(labels[static_cast<std::size_t>(i)]) * t.strides()[i];
  }
  return t.data<double>()[place];
}

Tensor naive(const Config& c) {
  Shape shape;
  std::int64_t count = 1;
  for (const char label : c.output) shape.push_back(c.sizes.at(label));
  for (const auto& [label, size] : c.sizes) count *= size;
  Tensor out = Tensor::zeros(shape, float64);
  for (std::int64_t i = 0; i < count; ++i) {
    std::map<char, std::int64_t> index;
    std::int64_t rest = i;
    for (const auto& [label, size] : c.sizes) {
      index[label] = rest % size;
      rest /= size;
    }
    double product = 1;
    for (std::size_t k = 0; k < c.terms.size(); ++k) product *= at(c.operands[k], c.terms[k], index);
    std::int64_t place = 0;
    for (const char label : c.output) place = place * c.sizes.at(label) + index[label];
    out.mutable_data<double>()[place] += product;
  }
  return out;
}

}  // namespace

TEST_CASE("einsum sweep against the definition") {
  TensorDice dice(11);
  for (int i = 0; i < sweep_size(300); ++i) {
    const Config c = draw(dice);
    CAPTURE(c.equation);
    const Tensor expected = naive(c);
    const Tensor got = einsum(c.equation, std::vector<Variable>(c.operands.begin(), c.operands.end())).value();
    REQUIRE(got.shape() == expected.shape());
    for (std::int64_t k = 0; k < expected.numel(); ++k) {
      REQUIRE(is_close(element(got, got.shape(), k), element(expected, got.shape(), k), float64, 1000));
    }
  }
}

#include <doctest/doctest.h>

#include <reel/autograd/tape.h>
#include <set>
#include <tests/golden_ops.h>
#include <tests/note.h>

namespace reel::testing {
namespace {

void check_case(const GoldenCalls& calls, const GoldenCase& c) {
  In inputs;
  for (int i = 0; c.has(concat("input", i)); ++i) {
    const Tensor& value = c[concat("input", i)];
    inputs.push_back(is_floating(value.dtype()) ? Variable::leaf(value) : Variable(value));
  }
  const double tolerance = c.dtype() == float64 ? 1e-10 : 1e-5;
  const Tape tape;
  const Variable output = calls.at(c.attributes.word("op"))(inputs, c);
  CHECK(relative_error(output.value(), c["output"]) <= tolerance);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_leaf()) continue;
    CAPTURE(i);
    const Variable gradient = grad({output}, {inputs[i]}, {.grad_outputs = {c["grad_output"]}})[0];
    CHECK(relative_error(gradient.value(), c[concat("grad", i)]) <= tolerance);
  }
}

}  // namespace

void check_golden(const std::string& file, const GoldenCalls& calls, std::size_t least) {
  const io::SafeTensors golden = load_golden(file);
  std::set<std::string> used;
  std::size_t count = 0;
  for (const auto& [name, attributes] : golden.metadata) {
    if (!attributes.starts_with("op=")) continue;  // "torch", the version
    const auto noted = note(name, ": ", attributes);
    const GoldenCase c(golden, name, attributes);
    const std::string& op = c.attributes.word("op");
    REQUIRE(calls.contains(op));
    used.insert(op);
    ++count;
    check_case(calls, c);
  }
  CHECK(used.size() == calls.size());
  CHECK(count >= least);
}

}  // namespace reel::testing

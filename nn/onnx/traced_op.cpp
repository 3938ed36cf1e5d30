#include <reel/core/scope.h>
#include <reel/nn/onnx/export_ops.h>

namespace reel::onnx {
namespace {

std::vector<double> find(const TapeRow& row, std::string_view name) {
  for (const Attribute& attribute : row.options) {
    if (attribute.name() == name) return attribute.numbers();
  }
  return {};
}

}  // namespace

std::optional<Ints> TracedOp::numbers(std::string_view name) const {
  const std::vector<double> found = find(row, name);
  if (found.empty()) return {};
  Ints out;
  for (const double number : found) out.push_back(static_cast<std::int64_t>(number));
  return out;
}

std::int64_t TracedOp::integer(std::string_view name, std::int64_t usual) const {
  return numbers(name).value_or(Ints{usual}).front();
}

double TracedOp::real(std::string_view name, double usual) const {
  const std::vector<double> found = find(row, name);
  return found.empty() ? usual : found.front();
}

Ints TracedOp::pair(std::string_view name, std::int64_t usual) const {
  Ints out = numbers(name).value_or(Ints{usual});
  if (out.size() == 1) out.push_back(out.front());
  return out;
}

std::int64_t TracedOp::axis(std::string_view name) const { return normalize_axis(row.op, integer(name, 0), rank()); }

Ints TracedOp::open_shape() const {
  Ints out = list(row.shape);
  int open = 0;
  for (int i = 0; i < row.shape.rank(); ++i) {
    if (row.shape[i] == again.shape[i]) continue;
    out[static_cast<std::size_t>(i)] = -1;
    ++open;
  }
  if (open > 1) refuse(concat("more than one axis of its output ", row.shape, " depends on the batch size"));
  return out;
}

void TracedOp::refuse(const std::string& why) const {
  const Scope scope(row.path);
  throw ValueError("onnx::export_model", "op ", row.op, row.attributes.empty() ? "" : " ", row.attributes, ": ", why);
}

}  // namespace reel::onnx

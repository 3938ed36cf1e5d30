#include <reel/core/state_dict.h>

namespace reel {

Tensor StateReader::take(const std::string& name, const Shape& shape, DType dtype) {
  asked_.insert(name);
  const auto found = state_.find(name);
  if (found == state_.end()) {
    problems_ += concat("\n  missing: ", name, ' ', dtype, ' ', shape);
    return {};
  }
  const Tensor& t = found->second;
  if (t.shape() == shape && t.dtype() == dtype) return t;
  problems_ += concat("\n  misfit: ", name, " wants ", dtype, ' ', shape, ", got ", t.dtype(), ' ', t.shape());
  return {};
}

double StateReader::number(const std::string& name, DType dtype) {
  const Tensor t = take(name, {}, dtype);
  return t.defined() ? t.item() : 0;
}

std::int64_t StateReader::integer(const std::string& name) {
  const Tensor t = take(name, {}, int64);
  return t.defined() ? t.data<std::int64_t>()[0] : 0;
}

void StateReader::finish() const {
  std::string problems = problems_;
  for (const auto& [name, tensor] : state_) {
    if (asked_.find(name) == asked_.end()) {
      problems += concat("\n  unexpected: ", name, ' ', tensor.dtype(), ' ', tensor.shape());
    }
  }
  require<StateError>(problems.empty(), "load_state_dict", "the state does not belong to this ", whose_, ':', problems);
}

Tensor integer_state(std::int64_t value) { return Tensor::from(std::span<const std::int64_t>(&value, 1), {}); }

}  // namespace reel

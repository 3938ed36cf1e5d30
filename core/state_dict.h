#pragma once

#include <map>
#include <reel/core/tensor.h>
#include <set>
#include <string>
#include <string_view>

namespace reel {

/// The state of a module, an optimizer or a schedule: tensors by name, which io::save_safetensors writes.
using StateDict = std::map<std::string, Tensor>;

/// Looks up in a StateDict what its reader wants, and keeps a list of all that does not fit.
class StateReader {
 public:
  /// `whose` is named by the error.
  StateReader(const StateDict& state, std::string_view whose) : state_(state), whose_(whose) {}

  /// Whether there is something of that name.
  [[nodiscard]] bool has(const std::string& name) const { return state_.find(name) != state_.end(); }
  /// The tensor of that name; an undefined one where there is none of this shape and dtype.
  Tensor take(const std::string& name, const Shape& shape, DType dtype);
  /// A number of shape []; 0 where there is none.
  double number(const std::string& name, DType dtype = float64);
  /// The same of int64, to the last bit; integer_state() makes it.
  std::int64_t integer(const std::string& name);
  /// Throws StateError, which lists everything that was missing, of another shape or dtype, or not asked for.
  void finish() const;

 private:
  const StateDict& state_;
  std::string_view whose_;
  std::set<std::string> asked_;
  std::string problems_;
};

/// An integer as a state has it: int64 [], of which no bit is lost on the way through a double.
[[nodiscard]] Tensor integer_state(std::int64_t value);

}  // namespace reel

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <reel/core/tensor.h>
#include <vector>

namespace reel {
namespace {

constexpr std::int64_t summarised_above = 1000;  // elements, as in NumPy
constexpr std::int64_t edge = 3;                 // what is left of an axis at either end
constexpr std::int64_t skipped = -1;

/// The indices of an axis that are printed, with `skipped` where some are left out.
std::vector<std::int64_t> shown(std::int64_t size, bool summarise) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < size; ++i) {
    if (!summarise || size <= 2 * edge || i < edge || i >= size - edge) indices.push_back(i);
    else if (i == edge) indices.push_back(skipped);
  }
  return indices;
}

/// Calls `f(element)`, a tensor of rank 0, for every element that is printed.
template <class F>
void for_each_shown(const Tensor& t, bool summarise, const F& f) {
  if (t.rank() == 0) return f(t);
  for (const std::int64_t i : shown(t.shape()[0], summarise)) {
    if (i != skipped) for_each_shown(t.select(0, i), summarise, f);
  }
}

/// How numbers are written: the same digits for all elements of a tensor.
struct Format {
  DType dtype;
  bool summarise;
  bool scientific = false;
  int decimals = 4;
  std::size_t width = 0;

  [[nodiscard]] std::string write(const Tensor& element) const {
    if (dtype == int64) return std::to_string(*element.data<std::int64_t>());  // a double has too few digits
    const double value = element.item();
    if (std::isnan(value)) return "nan";  // streams write a sign, which says nothing
    if (dtype == boolean) return value != 0 ? "true" : "false";
    std::ostringstream out;
    if (is_floating(dtype)) out << (scientific ? std::scientific : std::fixed) << std::setprecision(decimals);
    else out << std::fixed << std::setprecision(0);
    out << value;
    return std::move(out).str();
  }
};

Format choose_format(const Tensor& t) {
  Format format{.dtype = t.dtype(), .summarise = t.numel() > summarised_above};
  double largest = 0;
  double smallest = INFINITY;
  bool whole = true;
  for_each_shown(t, format.summarise, [&](const Tensor& element) {
    const double x = element.item();
    if (!std::isfinite(x)) return;
    largest = std::max(largest, std::abs(x));
    if (x != 0) smallest = std::min(smallest, std::abs(x));
    whole = whole && x == std::trunc(x);
  });
  format.scientific = largest >= 1e8 || (largest > 0 && smallest < 1e-4) || (largest > 0 && largest / smallest > 1e6);
  if (whole && largest < 1e8) format = {.dtype = t.dtype(), .summarise = format.summarise, .decimals = 1};
  for_each_shown(t, format.summarise,
                 [&](const Tensor& element) { format.width = std::max(format.width, format.write(element).size()); });
  return format;
}

void print(std::ostream& out, const Tensor& t, const Format& format, int depth) {
  if (t.rank() == 0) {
    out << std::setw(static_cast<int>(format.width)) << format.write(t);
    return;
  }
  out << '[';
  bool first = true;
  for (const std::int64_t i : shown(t.shape()[0], format.summarise)) {
    if (!first) {
      out << ',';
      if (t.rank() == 1) out << ' ';
      else
        out << std::string(static_cast<std::size_t>(t.rank() - 1), '\n')
            << std::string(static_cast<std::size_t>(depth) + 1, ' ');
    }
    first = false;
    if (i == skipped) out << "...";
    else print(out, t.select(0, i), format, depth + 1);
  }
  out << ']';
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  if (!tensor.defined()) return out << "Tensor(undefined)";
  if (tensor.numel() == 0) out << "[]";  // as in NumPy, and not one pair of brackets for each of its rows
  else print(out, tensor, choose_format(tensor), 0);
  return out << "  " << tensor.dtype() << ' ' << tensor.shape();
}

std::string to_string(const Tensor& tensor) { return concat(tensor); }

}  // namespace reel

#include <algorithm>
#include <reel/core/kernels/copy.h>
#include <reel/core/kernels/loops.h>

namespace reel::kernels {
namespace {

template <class To, class From>
REEL_SIMD void copy_row(To* to, std::int64_t step_to, const From* from, std::int64_t step_from, std::int64_t n) {
  if (step_to == 1 && step_from == 1) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i]);
  } else if (step_to == 1 && step_from == 0) {
    std::fill_n(to, n, static_cast<To>(*from));
  } else if (step_to == 1 && step_from == -1) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[-i]);
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i * step_to] = static_cast<To>(from[i * step_from]);
  }
}

template <class To, class From>
void copy_as(Tensor& out, const Tensor& source) {
  To* to = out.mutable_data<To>();
  const From* from = source.data<From>();
  for_each_row(collapse<2>(out.shape(), {out.strides(), source.strides()}),
               [&](const Offsets<2>& at, const Offsets<2>& step, std::int64_t n) {
                 copy_row(to + at[0], step[0], from + at[1], step[1], n);
               });
}

}  // namespace

void fill(Tensor& out, double value) {
  visit_all(out.dtype(), [&]<class T>(T) {
    T* to = out.mutable_data<T>();
    const T element = static_cast<T>(value);
    for_each_row(collapse<1>(out.shape(), {out.strides()}),
                 [&](const Offsets<1>& at, const Offsets<1>& step, std::int64_t n) {
                   for (std::int64_t i = 0; i < n; ++i) to[at[0] + i * step[0]] = element;
                 });
  });
}

void copy(Tensor& out, const Tensor& source) {
  visit_all(out.dtype(), [&]<class To>(To) {
    visit_all(source.dtype(), [&]<class From>(From) { copy_as<To, From>(out, source); });
  });
}

}  // namespace reel::kernels

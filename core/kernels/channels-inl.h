// Loops over the channels of tensors [N, C, ...] of float32 or float64. Read once for each instruction set, as
// lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_CHANNELS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_CHANNELS_INL_H
#undef REEL_CORE_KERNELS_CHANNELS_INL_H
#else
#define REEL_CORE_KERNELS_CHANNELS_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>
#include <reel/core/tensor.h>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
constexpr std::int64_t lanes_of = hn::MaxLanes(hn::ScalableTag<T>());

/// x [N, C, ...] as N * C runs of `area` numbers.
struct Channels {
  std::int64_t batch, count, area;

  explicit Channels(const Tensor& x) : batch(x.shape()[0]), count(x.shape()[1]), area(1) {
    for (int i = 2; i < x.rank(); ++i) area *= x.shape()[i];
  }
  /// Calls `f(begin, end)` for channels that make a task, in parallel.
  template <class F>
  void each(const F& f) const {
    parallel_for(count, std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(1, batch * area)), f);
  }
};

/// Channels [begin, end) of a tensor to read (of const T) or to write. Runs that would not fill a vector are put
/// together, channel by channel.
template <class T>
class ChannelBlock {
 public:
  ChannelBlock(T* tensor, const Channels& all, std::int64_t begin, std::int64_t end)
      : all_(all),
        tensor_(tensor + begin * all.area),
        count_(end - begin),
        is_packed_(all.area < lanes_of<Value>),
        packed_(is_packed_ ? count_ * all.batch * all.area : 0) {
    if constexpr (std::is_const_v<T>) {
      if (is_packed_) copy([](T& pixel, Value& packed) { packed = pixel; });
    }
  }
  /// What is written to the runs arrives in the tensor no later than now.
  void finish() {
    if (is_packed_) copy([](T& pixel, Value& packed) { pixel = packed; });
  }

  /// Numbers in a run.
  [[nodiscard]] std::int64_t size() const { return is_packed_ ? all_.batch * all_.area : all_.area; }
  [[nodiscard]] T* run(std::int64_t image, std::int64_t channel) {
    if (is_packed_) return packed_.data() + channel * size();
    return tensor_ + (image * all_.count + channel) * all_.area;
  }
  /// Calls `f(image, channel)` for every run; channels count from 0.
  template <class F>
  HWY_INLINE void each_run(const F& f) const {
    const std::int64_t images = is_packed_ ? std::min<std::int64_t>(1, all_.batch) : all_.batch;
    for (std::int64_t n = 0; n < images; ++n) {
      for (std::int64_t c = 0; c < count_; ++c) f(n, c);
    }
  }

 private:
  using Value = std::remove_const_t<T>;

  template <class F>
  void copy(const F& f) {
    for (std::int64_t n = 0; n < all_.batch; ++n) {
      T* image = tensor_ + n * all_.count * all_.area;
      for (std::int64_t c = 0; c < count_; ++c) {
        Value* packed = packed_.data() + (c * all_.batch + n) * all_.area;
        for (std::int64_t i = 0; i < all_.area; ++i) f(image[c * all_.area + i], packed[i]);
      }
    }
  }

  Channels all_;
  T* tensor_;
  std::int64_t count_;
  bool is_packed_;
  Scratch<Value> packed_;
};

/// Calls `f(d, i)` for vectors of n numbers from i on; the last one goes back over some that are done.
template <class T, class F>
HWY_INLINE void for_each_vector(std::int64_t n, const F& f) {
  constexpr std::int64_t lanes = lanes_of<T>;
  if (n >= lanes) {
    for (std::int64_t i = 0; i < n; i += lanes) f(hn::ScalableTag<T>(), std::min(i, n - lanes));
  } else {
    for (std::int64_t i = 0; i < n; ++i) f(hn::CappedTag<T, 1>(), i);
  }
}

/// Two vectors of numbers: what each element adds to a sum, and what that is multiplied by for a second one.
template <class V>
struct Terms {
  V value, factor;
};

/// Sums of value and of value * factor; in lanes for some thousand elements, then in double.
template <class T>
class Sums {
 public:
  /// `terms(d, i)` gives the terms of the elements from i on.
  template <class F>
  HWY_INLINE void add(std::int64_t n, const F& terms) {
    for (std::int64_t i = 0; i < n; i += most_) {
      add_some(i, std::min(n, i + most_), terms);
      added_ += std::min(n - i, most_);
      if (added_ >= most_) flush();
    }
  }
  void flush() {
    for (std::int64_t k = 0; k < 2 * lanes_; ++k) {
      first += firsts_[k];
      second += seconds_[k];
      firsts_[k] = seconds_[k] = 0;
    }
    added_ = 0;
  }

  double first = 0, second = 0;  // after flush()

 private:
  static constexpr std::int64_t most_ = 4096;
  static constexpr std::int64_t lanes_ = lanes_of<T>;

  template <class F>
  HWY_INLINE void add_some(std::int64_t begin, std::int64_t end, const F& terms) {
    const hn::ScalableTag<T> d;
    if (end < lanes_) {
      for (std::int64_t i = begin; i < end; ++i) {
        const auto t = terms(hn::CappedTag<T, 1>(), i);
        firsts_[0] += hn::GetLane(t.value);
        seconds_[0] += hn::GetLane(hn::Mul(t.value, t.factor));
      }
      return;
    }
    auto first_a = hn::LoadU(d, firsts_), first_b = hn::LoadU(d, firsts_ + lanes_);
    auto second_a = hn::LoadU(d, seconds_), second_b = hn::LoadU(d, seconds_ + lanes_);
    std::int64_t i = begin;
    for (; i + 2 * lanes_ <= end; i += 2 * lanes_) {
      const auto a = terms(d, i);
      const auto b = terms(d, i + lanes_);
      first_a = hn::Add(first_a, a.value);
      first_b = hn::Add(first_b, b.value);
      second_a = hn::MulAdd(a.value, a.factor, second_a);
      second_b = hn::MulAdd(b.value, b.factor, second_b);
    }
    for (; i < end; i += lanes_) {  // the last vector goes back, and what is counted already counts as 0
      const std::int64_t at = std::min(i, end - lanes_);
      const auto t = terms(d, at);
      const auto value = hn::IfThenZeroElse(hn::FirstN(d, static_cast<std::size_t>(i - at)), t.value);
      first_a = hn::Add(first_a, value);
      second_a = hn::MulAdd(value, t.factor, second_a);
    }
    hn::StoreU(first_a, d, firsts_);
    hn::StoreU(first_b, d, firsts_ + lanes_);
    hn::StoreU(second_a, d, seconds_);
    hn::StoreU(second_b, d, seconds_ + lanes_);
  }

  T firsts_[2 * lanes_] = {};
  T seconds_[2 * lanes_] = {};
  std::int64_t added_ = 0;
};

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

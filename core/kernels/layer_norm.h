#pragma once

#include <reel/core/tensor.h>

/// Normalisation of rows of numbers by their own mean and variance: what layer, group, instance and RMS normalisation
/// have in common.
namespace reel::kernels {

/// A contiguous tensor as `rows` rows, each of `channels` runs of `area` numbers. Weight and bias have one number for
/// each channel or, where is_per_channel is false, for each number of a row; they are those of `groups` rows one after
/// the other, and begin anew for the row behind.
struct RowLayout {
  std::int64_t rows, channels, area, groups;
  bool is_per_channel;

  [[nodiscard]] std::int64_t length() const { return channels * area; }
  /// How many parameters a row has.
  [[nodiscard]] std::int64_t parameters() const { return is_per_channel ? channels : length(); }
};

/// y = (x - mean) * rstd * weight + bias with rstd = 1 / sqrt(variance + epsilon), the variance being that of the
/// population. Where is_centred is false, the mean counts as 0 (root mean square normalisation).
struct RowNorm {
  Tensor output;      // like x
  Tensor mean, rstd;  // [rows]
};
[[nodiscard]] RowNorm row_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const RowLayout& layout,
                               double epsilon, bool is_centred);

/// The gradients of the same; those of weight and bias only where `wants_parameters`.
struct RowNormGrads {
  Tensor input;         // like x
  Tensor weight, bias;  // [groups * parameters]
};
[[nodiscard]] RowNormGrads row_norm_grads(const Tensor& grad, const Tensor& x, const Tensor& mean, const Tensor& rstd,
                                          const Tensor& weight, const RowLayout& layout, bool is_centred,
                                          bool wants_parameters);

}  // namespace reel::kernels

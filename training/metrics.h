#pragma once

#include <cstdint>
#include <ostream>
#include <reel/core/state_dict.h>
#include <string>
#include <vector>

/// Numbers that tell how well a model does, collected batch by batch. Letters: N examples, C classes. Labels are int64
/// [N] in [0, C); of logits, the largest says the class, the first one of equals, and a NaN counts as the largest.
namespace reel::training {

/// The mean of values that come one after another.
class RunningMean {
 public:
  /// A value that counts `weight` times, such as the mean of a batch and its size.
  void add(double value, double weight = 1) {
    sum_ += value * weight;
    weight_ += weight;
  }
  /// NaN where nothing was added.
  [[nodiscard]] double mean() const { return sum_ / weight_; }
  /// What all values count together.
  [[nodiscard]] double weight() const { return weight_; }
  /// Begins anew.
  void reset() { *this = {}; }

  /// For a Checkpointer, where a run may stop within an epoch.
  [[nodiscard]] StateDict state_dict() const;
  /// Throws StateError.
  void load_state_dict(const StateDict& state);

 private:
  double sum_ = 0;
  double weight_ = 0;
};

/// How often the label is among the k classes with the largest logits.
class Accuracy {
 public:
  /// Throws ValueError for a k below 1.
  explicit Accuracy(std::int64_t k = 1);

  /// Takes float logits [N, C] and their labels. Throws ShapeError, TypeError, ValueError for a k above C, and
  /// IndexError for a label outside [0, C); then nothing was counted.
  void add(const Tensor& logits, const Tensor& labels);
  /// Of how many examples the label was among the k.
  [[nodiscard]] std::int64_t correct() const { return correct_; }
  /// Examples so far.
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// In [0, 1]; NaN where nothing was added.
  [[nodiscard]] double value() const { return static_cast<double>(correct_) / static_cast<double>(count_); }
  /// Begins anew.
  void reset() { correct_ = count_ = 0; }

  /// For a Checkpointer, where a run may stop within an epoch.
  [[nodiscard]] StateDict state_dict() const;
  /// Throws StateError.
  void load_state_dict(const StateDict& state);

 private:
  std::int64_t k_;
  std::int64_t correct_ = 0;
  std::int64_t count_ = 0;
};

/// How often each class was read as which. Streaming it prints the counts, a row for each true class.
class ConfusionMatrix {
 public:
  /// Throws ValueError for less than one class.
  explicit ConfusionMatrix(std::int64_t classes);

  /// Takes float logits [N, C], or the classes [N] (int64) that were read, and the labels. Throws ShapeError,
  /// TypeError, and IndexError for a class outside [0, C); then nothing was counted.
  void add(const Tensor& predictions, const Tensor& labels);
  /// C
  [[nodiscard]] std::int64_t classes() const { return classes_; }
  /// How often `truth` was read as `read`. Throws IndexError.
  [[nodiscard]] std::int64_t operator()(std::int64_t truth, std::int64_t read) const;
  /// Examples so far.
  [[nodiscard]] std::int64_t count() const;
  /// How many of them were read right.
  [[nodiscard]] std::int64_t correct() const;

  // Shares in [0, 1], and NaN where there is nothing to have a share in. All that take a class throw IndexError.

  /// Of all, how much was read right.
  [[nodiscard]] double accuracy() const;
  /// Of what was read as this class, how much is of it.
  [[nodiscard]] double precision(std::int64_t of) const;
  /// Of what is of this class, how much was read as it.
  [[nodiscard]] double recall(std::int64_t of) const;
  /// The harmonic mean of both.
  [[nodiscard]] double f1(std::int64_t of) const;
  /// A table with a line for each class: precision, recall, F1 and how many examples are of it.
  [[nodiscard]] std::string report() const;
  /// Begins anew.
  void reset();

 private:
  [[nodiscard]] std::int64_t row_sum(std::int64_t truth) const;
  [[nodiscard]] std::int64_t column_sum(std::int64_t read) const;

  std::int64_t classes_;
  std::vector<std::int64_t> counts_;  // [truth, read]
};
/// The counts, a row for each true class.
std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix);

}  // namespace reel::training

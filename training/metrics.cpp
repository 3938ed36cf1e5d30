#include <algorithm>
#include <cmath>
#include <iomanip>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/sort.h>
#include <reel/training/metrics.h>
#include <sstream>

namespace reel::training {
namespace {

/// Throws unless these are [N] classes in [0, classes).
void require_classes(std::string_view op, std::string_view what, const Tensor& t, std::int64_t classes) {
  require_defined(op, t);
  require<TypeError>(t.dtype() == int64, op, what, " want int64, got ", t.dtype());
  require<ShapeError>(t.rank() == 1, op, what, " want shape [N], got ", t.shape());
  const Tensor all = t.contiguous();
  const auto numbers = all.span<std::int64_t>();
  const auto bad = std::find_if(numbers.begin(), numbers.end(), [&](auto n) { return n < 0 || n >= classes; });
  require<IndexError>(bad == numbers.end(), op, what, " have ", bad == numbers.end() ? 0 : *bad, " at position ",
                      bad - numbers.begin(), ", outside [0, ", classes, ")");
}

/// Throws unless these are logits [N, C] and N labels.
void require_logits(std::string_view op, const Tensor& logits, const Tensor& labels) {
  require_defined(op, logits);
  require<TypeError>(is_floating(logits.dtype()), op, "logits want float32 or float64, got ", logits.dtype());
  require<ShapeError>(logits.rank() == 2, op, "logits want shape [N, C], got ", logits.shape());
  require_classes(op, "labels", labels, logits.size(1));
  require<ShapeError>(labels.size(0) == logits.size(0), op, "logits ", logits.shape(), " want ", logits.size(0),
                      " labels, got ", labels.size(0));
}

std::string percent(double share) {
  if (std::isnan(share)) return "-";
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << 100 * share << " %";
  return text.str();
}

double share(std::int64_t part, std::int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

StateDict RunningMean::state_dict() const {
  return {{"sum", Tensor::scalar(sum_, float64)}, {"weight", Tensor::scalar(weight_, float64)}};
}

void RunningMean::load_state_dict(const StateDict& state) {
  StateReader reader(state, "RunningMean");
  const double sum = reader.number("sum");
  const double weight = reader.number("weight");
  reader.finish();
  sum_ = sum;
  weight_ = weight;
}

StateDict Accuracy::state_dict() const {
  return {{"correct", integer_state(correct_)}, {"count", integer_state(count_)}};
}

void Accuracy::load_state_dict(const StateDict& state) {
  StateReader reader(state, "Accuracy");
  const std::int64_t correct = reader.integer("correct");
  const std::int64_t count = reader.integer("count");
  reader.finish();
  correct_ = correct;
  count_ = count;
}

Accuracy::Accuracy(std::int64_t k) : k_(k) { require<ValueError>(k >= 1, "Accuracy", "k must be at least 1, got ", k); }

void Accuracy::add(const Tensor& logits, const Tensor& labels) {
  require_logits("Accuracy", logits, labels);
  require<ValueError>(k_ <= logits.size(1), "Accuracy", "the ", k_, " largest are wanted of logits ", logits.shape());
  if (labels.numel() == 0) return;
  const Tensor read = k_ == 1 ? argmax(logits, 1, true) : topk(logits, k_, 1).indices;
  correct_ += count_nonzero(eq(read, labels.unsqueeze(1))).data<std::int64_t>()[0];
  count_ += labels.numel();
}

ConfusionMatrix::ConfusionMatrix(std::int64_t classes) : classes_(classes) {
  require<ValueError>(classes >= 1, "ConfusionMatrix", "wants at least one class, got ", classes);
  reset();
}

void ConfusionMatrix::reset() { counts_.assign(static_cast<std::size_t>(classes_ * classes_), 0); }

void ConfusionMatrix::add(const Tensor& predictions, const Tensor& labels) {
  constexpr std::string_view op = "ConfusionMatrix";
  require_defined(op, predictions);
  Tensor read = predictions;
  if (is_floating(predictions.dtype())) {
    require_logits(op, predictions, labels);
    require<ShapeError>(predictions.size(1) == classes_, op, "wants logits of ", classes_, " classes, got shape ",
                        predictions.shape());
    read = labels.numel() == 0 ? labels : argmax(predictions, 1);
  }
  require_classes(op, "predictions", read, classes_);
  require_classes(op, "labels", labels, classes_);
  require<ShapeError>(read.shape() == labels.shape(), op, "got ", read.numel(), " predictions and ", labels.numel(),
                      " labels");
  const Tensor truths = labels.contiguous(), reads = read.contiguous();
  for (std::int64_t i = 0; i < truths.numel(); ++i) {
    const std::int64_t place = truths.data<std::int64_t>()[i] * classes_ + reads.data<std::int64_t>()[i];
    ++counts_[static_cast<std::size_t>(place)];
  }
}

std::int64_t ConfusionMatrix::operator()(std::int64_t truth, std::int64_t read) const {
  for (const std::int64_t one : {truth, read}) {
    require<IndexError>(one >= 0 && one < classes_, "ConfusionMatrix", "class ", one, " is outside [0, ", classes_,
                        ")");
  }
  return counts_[static_cast<std::size_t>(truth * classes_ + read)];
}

std::int64_t ConfusionMatrix::row_sum(std::int64_t truth) const {
  std::int64_t total = 0;
  for (std::int64_t read = 0; read < classes_; ++read) total += (*this)(truth, read);
  return total;
}

std::int64_t ConfusionMatrix::column_sum(std::int64_t read) const {
  std::int64_t total = 0;
  for (std::int64_t truth = 0; truth < classes_; ++truth) total += (*this)(truth, read);
  return total;
}

std::int64_t ConfusionMatrix::count() const {
  std::int64_t total = 0;
  for (const std::int64_t count : counts_) total += count;
  return total;
}

std::int64_t ConfusionMatrix::correct() const {
  std::int64_t total = 0;
  for (std::int64_t one = 0; one < classes_; ++one) total += (*this)(one, one);
  return total;
}

double ConfusionMatrix::accuracy() const { return share(correct(), count()); }
double ConfusionMatrix::precision(std::int64_t of) const { return share((*this)(of, of), column_sum(of)); }
double ConfusionMatrix::recall(std::int64_t of) const { return share((*this)(of, of), row_sum(of)); }
double ConfusionMatrix::f1(std::int64_t of) const { return share(2 * (*this)(of, of), row_sum(of) + column_sum(of)); }

std::string ConfusionMatrix::report() const {
  std::ostringstream out;
  const auto line = [&](const auto& name, const auto&... cells) {
    out << std::setw(5) << name;
    ((out << std::setw(11) << cells), ...);
    out << '\n';
  };
  line("class", "precision", "recall", "F1", "examples");
  for (std::int64_t i = 0; i < classes_; ++i) {
    line(i, percent(precision(i)), percent(recall(i)), percent(f1(i)), row_sum(i));
  }
  line("all", "", percent(accuracy()), "", count());
  return out.str();
}

std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix) {
  const std::int64_t classes = matrix.classes();
  std::size_t width = 6;
  for (std::int64_t i = 0; i < classes * classes; ++i) {
    width = std::max(width, std::to_string(matrix(i / classes, i % classes)).size() + 2);
  }
  const auto cell = [&](const auto& content) { out << std::setw(static_cast<int>(width)) << content; };
  out << "true \\ read";
  for (std::int64_t read = 0; read < classes; ++read) cell(read);
  out << '\n';
  for (std::int64_t truth = 0; truth < classes; ++truth) {
    out << std::setw(11) << truth;
    for (std::int64_t read = 0; read < classes; ++read) {
      if (matrix(truth, read) == 0) cell('.');
      else cell(matrix(truth, read));
    }
    out << '\n';
  }
  return out;
}

}  // namespace reel::training

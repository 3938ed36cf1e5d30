#include <optional>
#include <reel/autograd/checkpoint.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/changes.h>
#include <reel/core/random.h>
#include <reel/core/scope.h>

namespace reel {
namespace {

thread_local bool recomputing = false;

/// Until the end of the scope this thread computes anew what it computed with a generator in this state.
class Recomputing {
 public:
  explicit Recomputing(const Generator& generator)
      : was_recomputing_(std::exchange(recomputing, true)), generator_(std::exchange(default_generator(), generator)) {}
  ~Recomputing() {
    recomputing = was_recomputing_;
    default_generator() = generator_;
  }
  Recomputing(const Recomputing&) = delete;
  Recomputing& operator=(const Recomputing&) = delete;

 private:
  bool was_recomputing_;
  Generator generator_;
};

/// A tape for a part of what another one records: the other's Variables are leaves here.
struct PartTape : Tape {
  explicit PartTape(const TapeOptions& options) : Tape(options) { adopts_ = true; }
};

/// All that a checkpoint keeps.
struct Segment {
  Function f;
  std::vector<Variable> inputs;
  Generator generator;
  TapeOptions options;
  std::string path;
  std::vector<Variable> used = {};  // leaves, and what is recorded outside

  [[nodiscard]] Variable recompute() const {
    const Recomputing same(generator);
    const Scope scope(path);
    return f(inputs);
  }

  /// The gradients of `sources`, on a tape for this segment alone.
  [[nodiscard]] std::vector<Variable> gradients(const std::vector<Variable>& sources, const Variable& grad,
                                                bool create_graph) const {
    return reel::grad({recompute()}, sources, {.grad_outputs = {grad}, .create_graph = create_graph});
  }
};

/// The gradients as functions of `grad` and what the segment uses, so that they have gradients in their turn. They are
/// made by a checkpoint of their own, as one row of numbers that is cut up again.
std::vector<Variable> recorded_gradients(const std::shared_ptr<const Segment>& segment,
                                         const std::vector<Variable>& sources, const Variable& grad) {
  const Variable row = checkpoint(
      [=](const Variable& g) {
        std::vector<Variable> flat;
        for (const Variable& gradient : segment->gradients(sources, g, true)) flat.push_back(reshape(gradient, {-1}));
        return concatenate(flat, 0);
      },
      grad);
  std::vector<Variable> gradients;
  std::int64_t at = 0;
  for (const Variable& source : sources) {
    gradients.push_back(reshape(narrow(row, 0, at, source.numel()), source.shape()));
    at += source.numel();
  }
  return gradients;
}

Gradients backward(const std::shared_ptr<const Segment>& segment, const Variable& grad, const Step& step) {
  // Reading them is what tells of a change; what f reads besides may well have changed, as a running statistic does.
  for (const auto& kept : {segment->inputs, segment->used}) {
    for (const Variable& v : kept) static_cast<void>(v.value().bytes());
  }
  const detail::ReadScope anything({});
  std::vector<Variable> sources;
  for (std::size_t i = 0; i < segment->used.size(); ++i) {
    if (step.wants(i)) sources.push_back(segment->used[i]);
  }
  std::vector<Variable> gradients;
  if (Tape::current() == nullptr) {
    const PartTape tape(segment->options);
    gradients = segment->gradients(sources, grad, false);
  } else {
    gradients = recorded_gradients(segment, sources, grad);
  }
  for (std::size_t i = 0; i < segment->used.size(); ++i) {
    if (!step.wants(i)) gradients.insert(gradients.begin() + static_cast<std::ptrdiff_t>(i), Variable());
  }
  return gradients;
}

}  // namespace

Variable checkpoint(const Function& f, const std::vector<Variable>& inputs) {
  if (Tape::current() == nullptr) return f(inputs);
  const detail::Span span(detail::SpanKind::op, "checkpoint");
  auto segment = std::make_shared<Segment>(Segment{.f = f,
                                                   .inputs = inputs,
                                                   .generator = default_generator(),
                                                   .options = Tape::current()->options(),
                                                   .path = Scope::path()});
  Variable y;
  {
    const PartTape tape(segment->options);
    y = f(inputs);
    if (!tape.holds(y)) return y;
    segment->used = tape.leaves();
  }
  const std::vector<InputRef> used(segment->used.begin(), segment->used.end());
  return record("checkpoint", used, y.value(),
                [segment = std::shared_ptr<const Segment>(segment)](const Variable& grad, const Step& step) {
                  return backward(segment, grad, step);
                });
}

Variable checkpoint(const UnaryFunction& f, const Variable& x) { return checkpoint(as_function(f), {x}); }

bool is_recomputing() { return recomputing; }

}  // namespace reel

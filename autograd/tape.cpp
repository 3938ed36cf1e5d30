#include <algorithm>
#include <atomic>
#include <optional>
#include <reel/autograd/leaf_guard.h>
#include <reel/autograd/op_name.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/scope.h>
#include <utility>

namespace reel {
namespace {

thread_local Tape* current_tape = nullptr;

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> serial{0};
  return ++serial;
}

/// total += gradient, in place where nobody else can see it.
void accumulate(Variable& total, Variable gradient, bool recorded) {
  if (!total.defined()) {
    total = std::move(gradient);
  } else if (!recorded && total.value().is_sole_owner() && total.value().is_contiguous()) {
    Tensor sum = std::exchange(total, Variable()).value();
    add_scaled(sum, gradient.value());
    total = std::move(sum);
  } else {
    total = add(total, gradient);
  }
}

}  // namespace

/// One walk backwards over the entries up to the latest output.
struct Tape::Sweep {
  detail::PooledVector<Variable> gradients = {};  // by place; what arrived so far
  std::vector<bool> wanted = {};                  // by place; whether the gradient is needed. Empty: everywhere
  std::vector<bool> asked = {};                   // by place; whether the caller wants the gradient itself
  bool consume = false;                           // free entries on the way
  bool recorded = false;                          // the backward itself is being recorded
  bool to_leaves = false;                         // add to the leaves' grad()
  Watcher* watcher = nullptr;
  detail::Moment started = 0;  // what was changed since, a backward itself has changed
  Step step = {};              // of the entry at hand; kept for its memory
};

Variable Step::output(const Tensor& value) const {
  Variable out(value);
  out.tape_ = tape_->serial_;
  out.place_ = place_;
  return out;
}

Shape Step::shape(std::size_t input) const {
  require<AutogradError>(wants(input), "Step::shape", "input ", input, " wants no gradient, and may be on no tape");
  const std::size_t first = tape_->entries_[static_cast<std::size_t>(place_)].first_input;
  return tape_->kind(tape_->inputs_[first + input]).shape;
}

Tape::Tape(TapeOptions options) : options_(options), serial_(next_serial()), outer_(current_tape) {
  current_tape = this;
}

Tape::~Tape() { current_tape = outer_; }

Tape* Tape::current() { return current_tape; }

NoGrad::NoGrad() : paused_(std::exchange(current_tape, nullptr)) {}
NoGrad::~NoGrad() { current_tape = paused_; }

std::int64_t Tape::place_of(const Variable& variable) const {
  if (variable.tape_ == serial_) return variable.place_;
  if (variable.is_leaf()) {
    const auto found = leaf_places_.find(variable.leaf_.get());
    return found == leaf_places_.end() ? -1 : found->second;
  }
  if (!adopts_) return -1;
  const auto found = adopted_places_.find({variable.tape_, variable.place_});
  return found == adopted_places_.end() ? -1 : found->second;
}

std::int64_t Tape::note_constant(const Tensor& value) {
  detail::PooledVector<Constant>& all = notes_.constants;
  const bool is_again = !all.empty() && !options_.keep_values && value.defined() && all.back().dtype == value.dtype() &&
                        all.back().shape == value.shape();
  if (!is_again && value.defined()) {
    all.push_back({value.shape(), value.dtype(), options_.keep_values ? value : Tensor()});
  } else if (!is_again) {
    all.push_back({});
  }
  return -static_cast<std::int64_t>(all.size());
}

std::uint32_t Tape::keep_kind(const Tensor& value) {
  if (kinds_.empty() || kinds_.back().dtype != value.dtype() || kinds_.back().shape != value.shape()) {
    kinds_.push_back({value.shape(), value.dtype()});
  }
  return static_cast<std::uint32_t>(kinds_.size() - 1);
}

void Tape::note(Entry& entry, const Tensor& value, AttributeList attributes) {
  if (Scope::changes() != notes_.scope_changes) look_up_path();
  entry.path = notes_.path;
  entry.first_attribute = static_cast<std::uint32_t>(notes_.attributes.size());
  for (const Attribute& attribute : attributes) {
    if (!attribute.is_shown()) continue;
    notes_.attributes.push_back(attribute);
    ++entry.attribute_count;
  }
  if (options_.keep_values) notes_.values.push_back(value);
}

std::int64_t Tape::place_or_add(const Variable& variable) {
  // Also where it was frozen after it was used.
  if (variable.is_leaf() && !variable.requires_grad()) return note_constant(variable.value());
  const std::int64_t known = place_of(variable);
  const bool is_adopted = adopts_ && variable.tape_ != 0;
  if (known >= 0) return known;
  if (!variable.is_leaf() && !is_adopted) return note_constant(variable.value());
  LeafGuard* guard = LeafGuard::current();
  if (guard != nullptr && !is_adopted) guard->check(variable);
  const auto place = static_cast<std::int64_t>(entries_.size());
  entries_.push_back({.op = "leaf",
                      .kind = keep_kind(variable.value()),
                      .leaf = static_cast<std::int64_t>(leaves_.size()),
                      .backward = {}});
  note(entries_.back(), variable.value(), {});
  leaves_.push_back(variable);
  if (is_adopted) adopted_places_.emplace(std::pair(variable.tape_, variable.place_), place);
  else leaf_places_.emplace(variable.leaf_.get(), place);
  return place;
}

bool Tape::depends(std::span<const InputRef> inputs) const {
  if (options_.record_constants) return true;
  return std::any_of(inputs.begin(), inputs.end(), [this](const Variable& input) {
    return input.requires_grad() || input.tape_ == serial_ || (adopts_ && input.tape_ != 0);
  });
}

Variable Tape::append(std::string_view op, std::span<const InputRef> inputs, Tensor value, Backward backward,
                      AttributeList attributes) {
  const std::size_t first = inputs_.size();
  for (const Variable& input : inputs) inputs_.push_back(place_or_add(input));
  entries_.push_back({.op = detail::keep_name(op),
                      .kind = keep_kind(value),
                      .first_input = static_cast<std::uint32_t>(first),
                      .input_count = static_cast<std::uint32_t>(inputs.size()),
                      .backward = std::move(backward)});
  note(entries_.back(), value, attributes);
  Variable out(std::move(value));
  out.tape_ = serial_;
  out.place_ = static_cast<std::int64_t>(entries_.size()) - 1;
  return out;
}

void Tape::require_current(std::string_view op) const {
  require<AutogradError>(
      current_tape == this, op,
      "this tape is not the one that records on this thread; a tape is used on the thread that made it, "
      "and an inner tape or a pause must have ended");
}

std::int64_t Tape::require_place(const Variable& output) const {
  const std::int64_t place = place_of(output);
  require<AutogradError>(
      place >= 0 || output.tape_ == 0 || output.tape_ != consumed_serial_, "backward",
      "the tape was consumed by an earlier backward; record the forward again, or keep the tape with "
      "{.retain = true}");
  require<AutogradError>(
      place >= 0, "backward",
      "the output is not on this tape: it was computed before the tape was made or on another one, or "
      "it depends on no leaf");
  return place;
}

Variable Tape::seed(const Variable& output, const Variable& gradient) const {
  if (!gradient.defined()) {
    require<ShapeError>(output.numel() == 1, "backward", "an output of shape ", output.shape(),
                        " wants a gradient to start from; only one with a single element starts from 1");
    return Tensor::ones(output.shape(), output.dtype());
  }
  require<ShapeError>(gradient.shape() == output.shape(), "backward", "an output of shape ", output.shape(),
                      " wants a gradient of that shape, got ", gradient.shape());
  require<TypeError>(gradient.dtype() == output.dtype(), "backward", "an output of ", output.dtype(),
                     " wants a gradient of that dtype, got ", gradient.dtype());
  return gradient;
}

void Tape::backward(const Variable& output, const BackwardOptions& options) {
  require_current("backward");
  const std::int64_t last = require_place(output);
  Sweep state{.consume = !options.retain, .to_leaves = true};
  state.gradients.resize(static_cast<std::size_t>(last) + 1);
  state.gradients.back() = seed(output, options.gradient.defined() ? Variable(options.gradient) : Variable());
  // Also where an op's backward throws: what is left of the tape by then is of no use.
  struct ClearAtEnd {
    Tape* tape;
    ~ClearAtEnd() {
      if (tape != nullptr) tape->clear();
    }
  } const clear_at_end{state.consume ? this : nullptr};
  sweep(state);
}

void Tape::watch_backward(std::span<const std::int64_t> outputs, Watcher& watcher) {
  require_current("to_html");
  Sweep state{.watcher = &watcher};
  state.gradients.resize(static_cast<std::size_t>(*std::max_element(outputs.begin(), outputs.end())) + 1);
  for (const std::int64_t place : outputs) {
    const Kind& output = kind(place);
    accumulate(state.gradients[static_cast<std::size_t>(place)], Tensor::ones(output.shape, output.dtype), false);
  }
  sweep(state);
}

std::vector<Variable> Tape::gradients(const std::vector<Variable>& outputs, const std::vector<Variable>& inputs,
                                      const GradOptions& options) {
  require_current("grad");
  require<ValueError>(
      !outputs.empty() && (options.grad_outputs.empty() || options.grad_outputs.size() == outputs.size()), "grad",
      "wants one grad_output for each of ", outputs.size(), " outputs, got ", options.grad_outputs.size());
  std::int64_t last = 0;
  for (const Variable& output : outputs) last = std::max(last, require_place(output));
  Sweep state{.recorded = options.create_graph};
  state.gradients.resize(static_cast<std::size_t>(last) + 1);
  state.wanted.resize(state.gradients.size());
  for (const Variable& input : inputs) {
    const std::int64_t place = place_of(input);
    require<AutogradError>(place >= 0 || input.is_leaf(), "grad", "an input of shape ", input.shape(),
                           " is neither a leaf nor recorded on this tape; make it one with Variable::leaf(tensor)");
    if (place >= 0 && place <= last) state.wanted[static_cast<std::size_t>(place)] = true;
  }
  state.asked = state.wanted;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Variable& start = options.grad_outputs.empty() ? Variable() : options.grad_outputs[i];
    accumulate(state.gradients[static_cast<std::size_t>(require_place(outputs[i]))], seed(outputs[i], start),
               state.recorded);
  }
  // An entry is worth a step back if it leads to an input: forwards, since inputs come before what depends on them.
  for (std::size_t place = 0; place < state.wanted.size(); ++place) {
    const Entry& entry = entries_[place];
    for (std::uint32_t i = 0; i < entry.input_count && !state.wanted[place]; ++i) {
      const std::int64_t from = inputs_[entry.first_input + i];
      state.wanted[place] = from >= 0 && state.wanted[static_cast<std::size_t>(from)];
    }
  }
  sweep(state);
  std::vector<Variable> result;
  result.reserve(inputs.size());
  for (const Variable& input : inputs) {
    const std::int64_t place = place_of(input);
    Variable gradient = place >= 0 && place <= last ? state.gradients[static_cast<std::size_t>(place)] : Variable();
    if (!gradient.defined()) gradient = Tensor::zeros(input.shape(), input.dtype());
    result.push_back(std::move(gradient));
  }
  return result;
}

void Tape::sweep(Sweep& state) {
  const detail::Span span(detail::SpanKind::sweep, state.to_leaves ? "backward" : "grad");
  state.started = detail::next_moment();
  std::optional<NoGrad> pause;
  if (!state.recorded) pause.emplace();
  for (auto place = static_cast<std::int64_t>(state.gradients.size()) - 1; place >= 0; --place) {
    step_back(state, place);
  }
  // Only now, when no op's backward can throw any more: leaves get all of their gradient or none.
  for (std::size_t place = 0; state.to_leaves && place < state.gradients.size(); ++place) {
    if (entries_[place].leaf >= 0 && state.gradients[place].defined()) collect(state, place);
  }
}

void Tape::step_back(Sweep& state, std::int64_t place) {
  const auto at = static_cast<std::size_t>(place);
  if (state.consume && !state.gradients[at].defined()) entries_[at].backward = {};
  if (!state.gradients[at].defined() || (!state.wanted.empty() && !state.wanted[at])) return;
  if (entries_[at].leaf >= 0 || !hooks_.empty()) run_hooks(at, state.gradients[at]);
  if (options_.check_finite) check_finite_gradient(at, state.gradients[at]);
  if (entries_[at].leaf >= 0) return;
  Step& step = state.step;
  step.tape_ = this;
  step.place_ = place;
  step.wanted_.clear();
  const std::span<const std::int64_t> places(inputs_.data() + entries_[at].first_input, entries_[at].input_count);
  for (const std::int64_t from : places) {
    step.wanted_.push_back(from >= 0 && (state.wanted.empty() || state.wanted[static_cast<std::size_t>(from)]));
  }
  // Recording the backward appends entries, which may move this one: nothing of it is held by reference.
  const Backward backward = state.consume ? std::move(entries_[at].backward) : entries_[at].backward;
  // What somebody asked for keeps its gradient; all others are used up here.
  const bool is_asked_for = !state.asked.empty() && state.asked[at];
  const Variable gradient = is_asked_for ? state.gradients[at] : std::exchange(state.gradients[at], {});
  Gradients arrived = call_backward(state, backward, gradient);
  check_gradients(entries_[at], step, arrived);
  if (options_.check_finite) check_finite_gradients(at, step, arrived);
  if (state.watcher != nullptr) state.watcher->step(place, gradient);
  for (std::size_t i = 0; i < arrived.size(); ++i) {
    if (!step.wants(i)) continue;
    const std::int64_t from = inputs_[entries_[at].first_input + i];
    if (state.watcher != nullptr) {
      state.watcher->arrival(i, from, state.gradients[static_cast<std::size_t>(from)], arrived[i]);
    }
    accumulate(state.gradients[static_cast<std::size_t>(from)], std::move(arrived[i]), state.recorded);
  }
}

Gradients Tape::call_backward(const Sweep& state, const Backward& backward, const Variable& gradient) const {
  const auto place = static_cast<std::size_t>(state.step.place_);
  const detail::ReadScope as_recorded({.since = entries_[place].recorded_at,
                                       .until = state.started,
                                       .name = entries_[place].op,
                                       .excepted = gradient.value().memory()});
  if (!options_.check_finite && detail::profiler == nullptr) return backward(gradient, state.step);
  const std::string& path = *notes_.path_names[entries_[place].path];
  const detail::Span span(detail::SpanKind::backward, entries_[place].op, path);
  std::optional<Scope> scope;
  if (options_.check_finite) scope.emplace(path);
  Gradients arrived = backward(gradient, state.step);
  if (detail::profiler != nullptr) detail::profile_backward(gradient, arrived);
  return arrived;
}

void Tape::collect(Sweep& state, std::size_t place) const {
  const Variable& leaf = leaves_[static_cast<std::size_t>(entries_[place].leaf)];
  if (!leaf.requires_grad()) return;  // it was frozen since
  Tensor gradient = std::exchange(state.gradients[place], {}).value_;
  const Tensor& before = leaf.grad();
  if (before.defined()) gradient = before + gradient;
  // A leaf's gradient is its own: no view of one that another leaf or the caller holds too.
  if (!gradient.is_sole_owner() || !gradient.is_contiguous()) gradient = gradient.clone();
  leaf.set_grad(std::move(gradient));
}

void Tape::clear() {
  entries_.clear();
  kinds_.clear();
  inputs_.clear();
  leaves_.clear();
  leaf_places_.clear();
  adopted_places_.clear();
  hooks_.clear();
  notes_ = {};
  consumed_serial_ = std::exchange(serial_, next_serial());
}

std::vector<Variable> grad(const std::vector<Variable>& outputs, const std::vector<Variable>& inputs,
                           const GradOptions& options) {
  Tape* tape = Tape::current();
  require<AutogradError>(tape != nullptr, "grad",
                         "no tape is recording on this thread; make a Tape before the forward");
  return tape->gradients(outputs, inputs, options);
}

}  // namespace reel

#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <reel/autograd/attribute.h>
#include <reel/autograd/variable.h>
#include <reel/core/blocks.h>
#include <reel/core/changes.h>
#include <reel/core/span.h>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace reel {

/// Gradients in the order of an op's inputs. Undefined where an input wants none.
using Gradients = std::vector<Variable>;

/// An op's inputs, by reference: `{a, b}`.
using InputRef = std::reference_wrapper<const Variable>;

class Tape;

/// What a backward learns about the entry that it belongs to.
class Step {
 public:
  /// Whether anybody needs the gradient of input i. Computing one that nobody needs is allowed, but a waste.
  [[nodiscard]] bool wants(std::size_t input) const { return wanted_[input]; }
  /// The op's output as a Variable at its place on the tape, given its value: for derivatives that are written in terms
  /// of it.
  [[nodiscard]] Variable output(const Tensor& value) const;
  /// The shape of an input whose gradient is wanted. Throws AutogradError for another.
  [[nodiscard]] Shape shape(std::size_t input) const;

 private:
  friend class Tape;
  const Tape* tape_ = nullptr;
  std::vector<bool> wanted_;
  std::int64_t place_ = -1;
};

/// Computes the gradients of an op's inputs from that of its output: any function
/// `Gradients(const Variable& grad, const Step& step)`. It is written in differentiable ops, so that it can be recorded
/// itself; and it captures Variables and plain data, never a tape. Copies share what it captured. Reading a value that
/// was changed in place between the recording and the backward throws AutogradError.
class Backward {
 public:
  Backward() = default;
  /// A lambda, as a rule.
  template <class F>
  requires std::is_invocable_r_v<Gradients, const F&, const Variable&, const Step&> Backward(
      F function)  // NOLINT(google-explicit-constructor): as std::function
      : operations_(&operations<F>) {
    if constexpr (!has_no_state<F>) function_ = detail::make_shared_pooled<const F>(std::move(function));
  }

  /// Calls it.
  Gradients operator()(const Variable& grad, const Step& step) const {
    return operations_->call(function_.get(), grad, step);
  }
  /// The tensors that it captured (what is behind a pointer aside).
  [[nodiscard]] std::vector<CopyWatch::Memory> captured() const;

 private:
  struct Operations {
    Gradients (*call)(const void* function, const Variable& grad, const Step& step);
    void (*copy)(const void* function);  // makes a copy, and drops it
  };

  template <class F>
  static constexpr bool has_no_state = std::is_empty_v<F>&& std::is_default_constructible_v<F>;

  template <class F>
  static Gradients call(const void* function, const Variable& grad, const Step& step) {
    if constexpr (has_no_state<F>) return F()(grad, step);
    else return (*static_cast<const F*>(function))(grad, step);
  }
  template <class F>
  static void copy(const void* function) {
    if constexpr (!has_no_state<F> && std::is_copy_constructible_v<F>) F(*static_cast<const F*>(function));
  }
  template <class F>
  static constexpr Operations operations{call<F>, copy<F>};

  std::shared_ptr<const void> function_;
  const Operations* operations_ = nullptr;
};

/// What a tape does beside recording.
struct TapeOptions {
  /// Look at every value that is recorded and at every gradient that a backward computes, and throw NumericError at the
  /// first that holds a NaN or an infinity. The message names the op, the module that it ran in, its place on the tape,
  /// and whether its forward or its backward made it.
  bool check_finite = false;
  /// Keep the value of every entry as long as the tape, for to_html() to show.
  bool keep_values = false;
  /// Record what depends on no leaf as well: for who wants to know all that a function does, not its derivatives.
  bool record_constants = false;
};

/// How Tape::backward() goes.
struct BackwardOptions {
  /// The gradient to start from; ones where it is undefined, and then the output must have one element.
  Tensor gradient = {};
  /// Keep the tape, so that backward can be called again.
  bool retain = false;
};

/// How grad() goes.
struct GradOptions {
  /// The gradients to start from, one for each output; ones where there is none.
  std::vector<Variable> grad_outputs = {};
  /// Record the backward too, so that the gradients can be differentiated in their turn.
  bool create_graph = false;
};

/// An entry of a tape, for those who look at it: its place is its index.
struct TapeRow {
  /// An input of the entry.
  struct Input {
    std::int64_t place = -1;  ///< of the entry that made it; -1 for a constant
    Shape shape;              ///< of its value
    DType dtype = float32;    ///< of its value
    Tensor value = {};        ///< of a constant, where the tape keeps values
  };

  std::string op;                  ///< "leaf" for a leaf
  std::string name;                ///< of a leaf; a parameter's with its module's path
  std::string attributes;          ///< "stride=2,1 groups=2"
  std::vector<Attribute> options;  ///< the same, as numbers
  std::string path;                ///< of the module that it was recorded in
  std::vector<Input> inputs;       ///< in the order of the op's arguments
  Shape shape;                     ///< of the output
  DType dtype = float32;           ///< of the output
  std::size_t saved_bytes = 0;     ///< of tensors that are kept for the backward of this entry and of none before
  Tensor value = {};               ///< where the tape keeps values
};

/// A flat list of what was computed, in the order of execution. While a Tape is alive, the ops of its thread append to
/// it; with none alive nothing is recorded, and that is inference. Tapes nest: the innermost one records.
///
/// Backward is one loop from the last entry to the first. It consumes the tape: every entry is freed as soon as its
/// gradients are computed. A consumed tape is empty and records anew.
class Tape {
 public:
  /// Begins to record on this thread, until the end of its scope.
  explicit Tape(TapeOptions options = {});
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  /// Tapes nest, so they live in scopes: std::optional holds one that is not always wanted.
  static void* operator new(std::size_t) = delete;

  /// Adds the gradient of `output` to that of every leaf that it depends on. Throws AutogradError where the output is
  /// not recorded on this tape, where this is not the innermost tape of the calling thread, or where an op's backward
  /// returns what does not fit.
  void backward(const Variable& output, const BackwardOptions& options = {});

  /// The number of entries. Leaves that were used count.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Leaves that were used so far, in the order of their first use.
  [[nodiscard]] const std::vector<Variable>& leaves() const { return leaves_; }
  /// Where a Variable is among the entries; -1 for one that is not.
  [[nodiscard]] std::int64_t place_of(const Variable& variable) const;
  /// Whether this is the result of an op that was recorded here.
  [[nodiscard]] bool holds(const Variable& variable) const { return variable.tape_ == serial_; }
  /// As they were given.
  [[nodiscard]] const TapeOptions& options() const { return options_; }

  /// This thread's innermost tape, or null.
  [[nodiscard]] static Tape* current();

  // Looking into it, which leaves it as it is. docs/autograd.md shows all of them.

  /// The entries. Bytes are saved by the first entry whose backward captured the tensor, since backward frees it when
  /// it has come down to that; parameters and other leaves don't count, they live on.
  [[nodiscard]] std::vector<TapeRow> rows() const;
  /// The entries as a table: place, op, attributes, inputs, output, bytes saved, module.
  [[nodiscard]] std::string to_text() const;
  /// The entries as a graph in Graphviz's language, modules as clusters: `dot -Tsvg`.
  [[nodiscard]] std::string to_dot() const;
  /// Writes a page for a browser, which needs no network: it goes through the forward and, entry by entry, through the
  /// backward from (the sum of) `outputs`; without any, from the last entry. That backward runs here, and leaves'
  /// grad() stays as it is. Values of entries are shown where the tape keeps them (TapeOptions), and large tensors in
  /// part. Throws AutogradError for an output that is not on this tape, for an empty tape and as backward does,
  /// ValueError for more than 2,000 entries, and IoError where the file can't be written.
  void to_html(std::string_view path, const std::vector<Variable>& outputs = {});

  // For record() and grad().
  /// Whether any of the inputs is a leaf that wants a gradient, or was recorded here.
  [[nodiscard]] bool depends(std::span<const InputRef> inputs) const;
  /// Adds an entry, and gives its output.
  [[nodiscard]] Variable append(std::string_view op, std::span<const InputRef> inputs, Tensor value, Backward backward,
                                AttributeList attributes);
  /// Throws NumericError for a value that is not finite, where the options ask for it.
  void check(std::string_view op, std::span<const InputRef> inputs, const Tensor& value) const;
  /// What grad() gives.
  [[nodiscard]] std::vector<Variable> gradients(const std::vector<Variable>& outputs,
                                                const std::vector<Variable>& inputs, const GradOptions& options);

 protected:
  /// Takes up what other tapes recorded as if it were a leaf, instead of as a constant: for a part of what another tape
  /// records as one op.
  bool adopts_ = false;

 private:
  friend class NoGrad;
  friend class Step;
  friend class Variable;

  /// What an entry's value is. Many in a row are alike, and an entry is to be small.
  struct Kind {
    Shape shape;
    DType dtype = float32;
  };
  struct Entry {
    std::string_view op;            // for the life of the process
    std::uint32_t kind = 0;         // into kinds_
    std::uint32_t first_input = 0;  // into inputs_
    std::uint32_t input_count = 0;
    std::uint32_t path = 0;  // into notes_.path_names
    std::int64_t leaf = -1;  // into leaves_, where the entry is one
    detail::Moment recorded_at = detail::now();
    Backward backward;
    std::uint32_t first_attribute = 0;  // into notes_.attributes
    std::uint32_t attribute_count = 0;
  };
  struct Constant {
    Shape shape;
    DType dtype = float32;
    Tensor value;  // where values are kept
  };
  /// What is there only for those who look.
  struct Notes {
    detail::PooledVector<Attribute> attributes;            // entry after entry
    detail::PooledVector<Constant> constants;              // those that follow each other with the same shape are one
    detail::PooledVector<Tensor> values;                   // by place, where they are kept
    std::unordered_map<std::string, std::uint32_t> paths;  // to the place in `path_names`
    std::vector<const std::string*> path_names;
    std::uint32_t path = 0;                    // of the latest entry
    std::uint64_t scope_changes = UINT64_MAX;  // when that was looked up
  };
  struct Sweep;
  /// Somebody who sees a backward go by.
  struct Watcher {
    virtual ~Watcher() = default;
    /// It is the turn of an entry, whose output has this gradient.
    virtual void step(std::int64_t place, const Variable& gradient) = 0;
    /// The backward of that entry gave `gradient` for its input `input`, at `place`, where `total` (undefined: nothing)
    /// had arrived before.
    virtual void arrival(std::size_t input, std::int64_t place, const Variable& total, const Variable& gradient) = 0;
  };
  struct PageWriter;

  std::int64_t place_or_add(const Variable& variable);
  std::uint32_t keep_kind(const Tensor& value);
  [[nodiscard]] const Kind& kind(const Entry& entry) const { return kinds_[entry.kind]; }
  [[nodiscard]] const Kind& kind(std::int64_t place) const { return kind(entries_[static_cast<std::size_t>(place)]); }
  std::int64_t require_place(const Variable& output) const;
  void require_current(std::string_view op) const;
  void look_up_path();
  TapeRow row(const Entry& entry) const;
  std::int64_t note_constant(const Tensor& value);
  void note(Entry& entry, const Tensor& value, AttributeList attributes);
  Variable seed(const Variable& output, const Variable& gradient) const;
  void watch_backward(std::span<const std::int64_t> outputs, Watcher& watcher);
  std::string page_data(const std::vector<std::int64_t>& outputs);
  void sweep(Sweep& state);
  void step_back(Sweep& state, std::int64_t place);
  [[nodiscard]] Gradients call_backward(const Sweep& state, const Backward& backward, const Variable& gradient) const;
  void run_hooks(std::size_t place, Variable& gradient) const;
  void check_gradients(const Entry& entry, const Step& step, const Gradients& gradients) const;
  void check_finite_gradient(std::size_t place, const Variable& gradient) const;
  void check_finite_gradients(std::size_t place, const Step& step, const Gradients& gradients) const;
  void collect(Sweep& state, std::size_t place) const;
  void clear();

  TapeOptions options_;
  std::uint64_t serial_;
  std::uint64_t consumed_serial_ = 0;  // what the entries before the last clear() were recorded under
  Tape* outer_;
  detail::PooledVector<Entry> entries_;
  detail::PooledVector<Kind> kinds_;
  detail::PooledVector<std::int64_t> inputs_;  // places, entry after entry; -1 - k for a constant, notes_.constants[k]
  std::vector<Variable> leaves_;
  std::unordered_map<const Leaf*, std::int64_t> leaf_places_;
  std::map<std::pair<std::uint64_t, std::int64_t>, std::int64_t> adopted_places_;  // by tape and place there
  std::unordered_map<std::int64_t, detail::HookList<GradientHook>> hooks_;         // by place; on what was recorded
  Notes notes_;
};

/// While one is alive, this thread records nothing, as if no tape were there: `const NoGrad pause;`
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;
  static void* operator new(std::size_t) = delete;

 private:
  Tape* paused_;
};

/// Gradients of (the sum of) `outputs` with respect to `inputs`, which may be leaves or anything recorded on the
/// current tape; zeros for an input that they do not depend on. Leaves' grad() stays as it is, and so does the tape.
[[nodiscard]] std::vector<Variable> grad(const std::vector<Variable>& outputs, const std::vector<Variable>& inputs,
                                         const GradOptions& options = {});

namespace detail {
/// Tells this thread's profiler, which must be there, of an op that has just been computed. record() does.
void profile_op(std::string_view op, std::span<const InputRef> inputs, const Tensor& value);
/// Likewise of a backward.
void profile_backward(const Variable& grad, const Gradients& gradients);
}  // namespace detail

/// Makes `value` the result of an op: on the current tape if there is one and an input depends on a leaf, else a
/// constant. This is all that a differentiable op needs:
///
///     Variable mul(const Variable& a, const Variable& b) {
///       return record("mul", {a, b}, a.value() * b.value(), [a, b](const Variable& grad, const Step&) -> Gradients {
///         return {sum_to(grad * b, a.shape()), sum_to(grad * a, b.shape())};
///       });
///     }
///
/// An op with options tells them to those who look at a tape by one more argument: `{{"axis", axis}}`, see Attribute.
template <class F>
[[nodiscard]] Variable record(std::string_view op, std::span<const InputRef> inputs, Tensor value, F&& backward,
                              AttributeList attributes = {}) {
  if (detail::profiler != nullptr) [[unlikely]]
    detail::profile_op(op, inputs, value);
  Tape* tape = Tape::current();
  if (tape == nullptr) return Variable(std::move(value));
  tape->check(op, inputs, value);
  if (!tape->depends(inputs)) return Variable(std::move(value));
  return tape->append(op, inputs, std::move(value), Backward(std::forward<F>(backward)), attributes);
}
/// The same with the inputs in braces.
template <class F>
[[nodiscard]] Variable record(std::string_view op, std::initializer_list<InputRef> inputs, Tensor value, F&& backward,
                              AttributeList attributes = {}) {
  return record(op, std::span<const InputRef>(inputs.begin(), inputs.size()), std::move(value),
                std::forward<F>(backward), attributes);
}

}  // namespace reel

#include <algorithm>
#include <array>
#include <iomanip>
#include <map>
#include <numeric>
#include <reel/autograd/multiply_adds.h>
#include <reel/autograd/tape.h>
#include <reel/core/random.h>
#include <reel/nn/summary.h>
#include <sstream>
#include <unordered_set>

namespace reel::nn {
namespace {

using Modules = std::vector<std::pair<std::string, Module*>>;

/// The model, and everything below it.
Modules all_modules(Module& model) {
  Modules modules = model.named_modules();
  modules.insert(modules.begin(), {"", &model});
  return modules;
}

/// A model in evaluation whose parameters all are on the tape, so that it sees every op; until the end of the scope.
class Prepared {
 public:
  Prepared(Module& model, const Modules& modules) {
    for (const auto& [path, module] : modules) modes_.emplace_back(module, module->is_training());
    for (const Variable& p : model.parameters()) {
      if (!p.requires_grad()) frozen_.push_back(p);
    }
    model.eval();
    for (const Variable& p : frozen_) p.set_requires_grad(true);
  }
  ~Prepared() {
    for (const auto& [module, is_training] : modes_) module->train(is_training);  // parents first
    for (const Variable& p : frozen_) p.set_requires_grad(false);
    default_generator() = generator_;
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

 private:
  std::vector<std::pair<Module*, bool>> modes_;
  std::vector<Variable> frozen_;
  Generator generator_ = default_generator();
};

/// Sees the calls of modules, and which ops on a tape are whose.
class Watch {
 public:
  Watch(const Modules& modules, const Tape& tape) : tape_(tape) {
    for (const auto& [path, module] : modules) {
      handles_.push_back(module->register_forward_pre_hook([this](Module& called, const Variable&) {
        settle();
        running_.push_back(&called);
      }));
      handles_.push_back(module->register_forward_hook([this](Module& called, const Variable& x, const Variable& y) {
        settle();
        running_.pop_back();
        note(outputs_[&called], x.value(), y.value());
      }));
    }
  }
  ~Watch() {
    for (const HookHandle& handle : handles_) handle.remove();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  struct Output {
    std::optional<Shape> shape;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Output output(const Module* module) const {
    const auto found = outputs_.find(module);
    return found == outputs_.end() ? Output() : found->second;
  }
  /// The module that recorded an entry of the tape.
  [[nodiscard]] const Module* owner(std::size_t place) const {
    return place < owners_.size() ? owners_[place] : nullptr;  // what follows the last call is nobody's
  }

 private:
  /// What was recorded since the last time is the innermost module's.
  void settle() { owners_.resize(tape_.size(), running_.empty() ? nullptr : running_.back()); }
  static void note(Output& output, const Tensor& x, const Tensor& y) {
    output.shape = y.shape();
    if (!y.shares_memory_with(x)) output.bytes += y.nbytes();
  }

  const Tape& tape_;
  std::vector<HookHandle> handles_;
  std::vector<const Module*> running_;  // outermost first
  std::vector<const Module*> owners_;   // by place
  std::map<const Module*, Output> outputs_;
};

std::int64_t multiply_adds(const TapeRow& row) {
  std::vector<Shape> inputs;
  for (const TapeRow::Input& input : row.inputs) inputs.push_back(input.shape);
  return reel::multiply_adds(row.op, inputs, row.shape);
}

/// How many numbers a module's own parameters have that were not counted before.
std::int64_t own_parameters(const Module& module, std::unordered_set<const Leaf*>& counted) {
  std::int64_t total = 0;
  for (const auto& [name, p] : module.named_parameters()) {
    if (name.find('.') == std::string::npos && counted.insert(&p.leaf_state()).second) total += p.numel();
  }
  return total;
}

/// 1234567 as 1,234,567.
std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

using Cells = std::array<std::string, 6>;

Cells cells(const LayerSummary& layer) {
  return {layer.path,
          layer.kind,
          layer.output ? concat(*layer.output) : "-",
          grouped(static_cast<std::uint64_t>(layer.parameters)),
          grouped(static_cast<std::uint64_t>(layer.multiply_adds)),
          grouped(layer.activation_bytes)};
}

template <class T>
T total(const std::vector<LayerSummary>& layers, T LayerSummary::*what) {
  return std::accumulate(layers.begin(), layers.end(), T{},
                         [&](T sum, const auto& layer) { return sum + layer.*what; });
}

}  // namespace

std::int64_t Summary::parameters() const { return total(layers, &LayerSummary::parameters); }
std::int64_t Summary::multiply_adds() const { return total(layers, &LayerSummary::multiply_adds); }
std::size_t Summary::activation_bytes() const { return total(layers, &LayerSummary::activation_bytes); }

std::ostream& operator<<(std::ostream& out, const Summary& summary) {
  std::vector<Cells> rows{{"layer", "kind", "output", "parameters", "multiply-adds", "activation bytes"}};
  for (const LayerSummary& layer : summary.layers) rows.push_back(cells(layer));
  rows.push_back(cells({.path = "total",
                        .kind = "",
                        .output = {},
                        .parameters = summary.parameters(),
                        .multiply_adds = summary.multiply_adds(),
                        .activation_bytes = summary.activation_bytes()}));
  rows.back()[2].clear();
  std::array<std::size_t, 6> widths{};
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Cells& row : rows) {
    std::ostringstream line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line << (i == 0 ? "" : "  ") << (i < 3 ? std::left : std::right) << std::setw(static_cast<int>(widths[i]))
           << row[i];
    }
    out << line.str() << '\n';
  }
  return out;
}

Summary summary(Module& model, const Shape& input_shape, DType dtype) {
  const Modules modules = all_modules(model);
  const Prepared prepared(model, modules);
  const Tensor zeros = Tensor::zeros(input_shape, dtype);
  const Tape tape;
  const Watch watch(modules, tape);
  static_cast<void>(model(is_floating(dtype) ? Variable::leaf(zeros) : Variable(zeros)));

  std::map<const Module*, std::int64_t> products;
  const std::vector<TapeRow> rows = tape.rows();
  for (std::size_t place = 0; place < rows.size(); ++place) {
    require<StateError>(rows[place].op != "checkpoint", "summary",
                        "a checkpoint hides what it computes; take the summary of a model without them");
    products[watch.owner(place)] += multiply_adds(rows[place]);
  }
  Summary out;
  std::unordered_set<const Leaf*> counted;
  for (const auto& [path, module] : modules) {
    const std::string described = module->describe();
    const auto output = watch.output(module);
    const LayerSummary layer{.path = path,
                             .kind = described.substr(0, described.find('(')),
                             .output = output.shape,
                             .parameters = own_parameters(*module, counted),
                             .multiply_adds = products[module],
                             .activation_bytes = output.bytes};
    if (module->named_children().empty() || layer.parameters > 0 || layer.multiply_adds > 0)
      out.layers.push_back(layer);
  }
  return out;
}

}  // namespace reel::nn

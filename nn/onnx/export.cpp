#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <reel/autograd/ops/rearrange.h>
#include <reel/core/io/file.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/core/scope.h>
#include <reel/nn/onnx/export.h>
#include <reel/nn/onnx/export_ops.h>

namespace reel::onnx {
namespace {

constexpr std::int64_t ir_version = 8;  // what opset 17 came with

/// All that a model did for some inputs.
struct Trace {
  std::vector<Tensor> inputs;
  std::vector<TapeRow> rows;
  std::vector<Tensor> outputs;
  std::vector<std::int64_t> places;  // of the outputs
};

Trace trace(const std::vector<Tensor>& inputs, const Function& function) {
  Tape tape({.keep_values = true, .record_constants = true});
  Trace out{.inputs = inputs, .rows = {}, .outputs = {}, .places = {}};
  const std::vector<Variable> results = function({inputs.begin(), inputs.end()});
  require<ValueError>(!results.empty(), "onnx::export_model", "the function returned no output");
  for (const Variable& result : results) {
    require_defined("onnx::export_model", result.value());
    out.outputs.push_back(result.value());
    out.places.push_back(tape.place_of(result));
  }
  out.rows = tape.rows();
  for (TapeRow& row : out.rows) {
    for (TapeRow::Input& input : row.inputs) {
      if (input.place >= 0) input.value = out.rows[static_cast<std::size_t>(input.place)].value;
    }
  }
  return out;
}

/// Other numbers of the same kind, and with `more` the first of the batch once more.
Tensor other_example(const Tensor& example, bool more) {
  Tensor other = example.clone();
  if (is_floating(example.dtype())) other = Tensor::ones(example.shape(), example.dtype()) - example;
  else if (example.rank() > 0) other = flip(Variable(example), {0}).value();
  return more ? concatenate({other, other.narrow(0, 0, 1)}, 0) : other;
}

bool is_same_view(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && a.strides() == b.strides() && a.bytes() == b.bytes();
}

bool is_equal(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  const Tensor x = a.contiguous(), y = b.contiguous();
  return x.nbytes() == 0 || std::memcmp(x.bytes(), y.bytes(), x.nbytes()) == 0;
}

std::array<const ExportTable*, 4> all_exports() {
  return {&elementwise_exports(), &layer_exports(), &shape_exports(), &sequence_exports()};
}

const ExportOp* find_export(const std::string& op) {
  for (const ExportTable* table : all_exports()) {
    if (const auto found = table->find(op); found != table->end()) return &found->second;
  }
  return nullptr;
}

/// "input", or "input_0" and so on.
Names names_for(const char* what, const Names& given, std::size_t count) {
  require<ValueError>(given.empty() || given.size() == count, "onnx::export_model", "wants ", count, ' ', what,
                      " names, got ", given.size());
  if (!given.empty()) return given;
  if (count == 1) return {what};
  Names names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(concat(what, '_', i));
  return names;
}

class Exporter {
 public:
  Exporter(::onnx::ModelProto& model, const Trace& first, const Trace& second, const nn::StateDict& state,
           Names input_names)
      : graph_(model), first_(first), second_(second), state_(state), input_names_(std::move(input_names)) {
    names_.resize(first.rows.size());
  }

  void write(const Names& output_names) {
    for (std::size_t i = 0; i < input_names_.size(); ++i) {
      graph_.input(input_names_[i], open(first_.inputs[i].shape(), second_.inputs[i].shape()),
                   first_.inputs[i].dtype());
    }
    const std::vector<bool> needed = needed_rows();
    for (std::size_t place = 0; place < first_.rows.size(); ++place) {
      if (needed[place]) write_row(place);
    }
    for (std::size_t i = 0; i < output_names.size(); ++i) {
      const Tensor& value = first_.outputs[i];
      const std::int64_t place = first_.places[i];
      const std::string name =
          place >= 0 ? names_[static_cast<std::size_t>(place)]
                     : constant({-1, value.shape(), value.dtype(), value}, second_.outputs[i], {}, "output");
      graph_.output(output_names[i], name, open(value.shape(), second_.outputs[i].shape()), value.dtype());
    }
    graph_.drop_unused();
  }

 private:
  /// Sizes that differ between the two runs are those of the batch.
  static Shape open(const Shape& shape, const Shape& again) {
    Shape out = shape;
    for (int i = 0; i < shape.rank(); ++i) {
      if (shape[i] != again[i]) out[i] = any_size;
    }
    return out;
  }

  /// What the outputs are made from.
  [[nodiscard]] std::vector<bool> needed_rows() const {
    std::vector<bool> needed(first_.rows.size());
    for (const std::int64_t place : first_.places) {
      if (place >= 0) needed[static_cast<std::size_t>(place)] = true;
    }
    for (std::size_t place = needed.size(); place-- > 0;) {
      if (!needed[place]) continue;
      for (const TapeRow::Input& input : first_.rows[place].inputs) {
        if (input.place >= 0) needed[static_cast<std::size_t>(input.place)] = true;
      }
    }
    return needed;
  }

  void write_row(std::size_t place) {
    const TapeRow& row = first_.rows[place];
    const TapeRow& again = second_.rows[place];
    graph_.begin(row.path, row.op, static_cast<std::int64_t>(place));
    if (row.op == "leaf") {
      names_[place] = constant({-1, row.shape, row.dtype, row.value}, again.value, row.path, row.op);
      return;
    }
    TracedOp op{.row = row, .again = again, .inputs = {}};
    const ExportOp* found = find_export(row.op);
    if (found == nullptr) {
      op.refuse(
          "has no counterpart in ONNX's opset 17 that Reel knows of; write that part of the model with other ops");
    }
    if (row.attributes != again.attributes) {
      op.refuse(concat("is called with ", again.attributes, " for another batch; set dynamic_batch = false"));
    }
    for (std::size_t i = 0; i < row.inputs.size(); ++i) {
      const TapeRow::Input& input = row.inputs[i];
      op.inputs.push_back(input.place >= 0 ? names_[static_cast<std::size_t>(input.place)]
                                           : constant(input, again.inputs[i].value, row.path, concat("op ", row.op)));
    }
    names_[place] = (*found)(graph_, op);
  }

  /// The name of what was computed nowhere on the tape: an input, something of the state, or numbers.
  std::string constant(const TapeRow::Input& input, const Tensor& again, const std::string& path,
                       const std::string& whose) {
    const Tensor& value = input.value;
    for (std::size_t i = 0; i < first_.inputs.size(); ++i) {
      if (value.memory() != first_.inputs[i].memory()) continue;
      if (is_same_view(value, first_.inputs[i])) return input_names_[i];
      if (value.is_contiguous() && value.numel() == first_.inputs[i].numel()) {
        return graph_.node("Reshape", {input_names_[i], graph_.ints(flexible(value.shape(), again.shape()))});
      }
    }
    for (const auto& [name, tensor] : state_) {
      if (!is_same_view(value, tensor)) continue;
      if (written_.emplace(name, true).second) graph_.initializer(name, tensor);
      return name;
    }
    if (is_equal(value, again)) return graph_.constant(value);
    return spread_constant(value, again, path, whose);
  }

  static Ints flexible(const Shape& shape, const Shape& again) { return list(open(shape, again)); }

  /// One number that is spread over the batch is one that broadcasts over it.
  std::string spread_constant(const Tensor& value, const Tensor& again, const std::string& path,
                              const std::string& whose) {
    const auto is_one_number = [](const Tensor& t) {
      return t.numel() > 0 &&
             is_equal(t, t.flatten().narrow(0, 0, 1).reshape(Shape::filled(t.rank(), 1)).expand(t.shape()));
    };
    const Scope scope(path);
    require<ValueError>(value.dtype() == again.dtype() && value.rank() == again.rank() && is_one_number(value) &&
                            is_one_number(again) && value.flatten().at({0}) == again.flatten().at({0}),
                        "onnx::export_model", whose, " uses numbers ", value.shape(),
                        " that are made from the input or its size beside the tape, by its value(); a file would have "
                        "those of the example. Compute them with ops on Variables");
    Shape shape = value.shape();
    for (int i = 0; i < shape.rank(); ++i) {
      if (value.shape()[i] != again.shape()[i]) shape[i] = 1;
    }
    return graph_.constant(Tensor::full(shape, value.flatten().at({0}), value.dtype()));
  }

  GraphWriter graph_;
  const Trace& first_;
  const Trace& second_;
  const nn::StateDict& state_;
  Names input_names_;
  Names names_;  // by place
  std::map<std::string, bool> written_;
};

void require_alike(const Trace& first, const Trace& second) {
  const auto differ = [](const TapeRow& a, const TapeRow& b) {
    const auto other_place = [](const TapeRow::Input& x, const TapeRow::Input& y) { return x.place == y.place; };
    return a.op != b.op || a.shape.rank() != b.shape.rank() ||
           !std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(), other_place);
  };
  const std::size_t shorter = std::min(first.rows.size(), second.rows.size());
  for (std::size_t i = 0; i < shorter; ++i) {
    if (!differ(first.rows[i], second.rows[i])) continue;
    const Scope scope(first.rows[i].path);
    throw ValueError("onnx::export_model", "runs ", first.rows[i].op, " for the example, and ", second.rows[i].op,
                     " for another input or batch size; a file has one way only");
  }
  require<ValueError>(first.rows.size() == second.rows.size() && first.places == second.places, "onnx::export_model",
                      "runs ", first.rows.size(), " ops for the example, and ", second.rows.size(),
                      " for another input or batch size; a file has one way only");
}

/// Evaluation mode for every module, until the scope ends; then each is in its own mode again.
class Evaluating {
 public:
  explicit Evaluating(nn::Module& model) {
    modes_.emplace_back(&model, model.is_training());
    for (const auto& [path, module] : model.named_modules()) modes_.emplace_back(module, module->is_training());
    model.eval();
  }
  ~Evaluating() {
    for (const auto& [module, mode] : modes_) module->train(mode);  // parents first, so each has the last word
  }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;

 private:
  std::vector<std::pair<nn::Module*, bool>> modes_;
};

}  // namespace

std::vector<std::string> exported_ops() {
  std::vector<std::string> ops;
  for (const ExportTable* table : all_exports()) {
    for (const auto& [op, write] : *table) ops.emplace_back(op);
  }
  std::sort(ops.begin(), ops.end());
  return ops;
}

void export_model(std::string_view path, nn::Module& model, const std::vector<Tensor>& examples,
                  const Function& function, const ExportOptions& options) {
  require<ValueError>(options.opset == 17, "onnx::export_model", "writes opset 17, got ", options.opset);
  std::vector<Tensor> others;
  for (const Tensor& example : examples) {
    require_defined("onnx::export_model", example);
    require<ShapeError>(!options.dynamic_batch || (example.rank() > 0 && example.size(0) > 0), "onnx::export_model",
                        "a dynamic batch wants inputs with a batch axis, got ", example.shape());
    others.push_back(other_example(example, options.dynamic_batch));
  }
  const Evaluating evaluating(model);
  const Trace first = trace(examples, function);
  const Trace second = trace(others, function);
  require_alike(first, second);

  ::onnx::ModelProto proto;
  proto.set_ir_version(ir_version);
  proto.set_producer_name("reel");
  proto.add_opset_import()->set_version(options.opset);
  proto.mutable_graph()->set_name("reel");
  const nn::StateDict state = model.state_dict();
  Exporter exporter(proto, first, second, state, names_for("input", options.input_names, examples.size()));
  exporter.write(names_for("output", options.output_names, first.outputs.size()));
  require<IoError>(proto.ByteSizeLong() < (std::size_t{1} << 31), path,
                   "an ONNX file holds less than 2 GiB, this one "
                   "would have ",
                   proto.ByteSizeLong(), " bytes");
  const std::string bytes = proto.SerializeAsString();
  io::write_file(path, std::as_bytes(std::span(bytes)));
}

void export_model(std::string_view path, nn::Module& model, const Tensor& example, const ExportOptions& options) {
  export_model(
      path, model, std::vector{example}, [&](const std::vector<Variable>& in) { return std::vector{model(in[0])}; },
      options);
}

}  // namespace reel::onnx

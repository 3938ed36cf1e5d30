#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <map>
#include <reel/core/io/file.h>
#include <reel/core/scope.h>
#include <reel/nn/onnx/import.h>
#include <reel/nn/onnx/import_ops.h>
#include <reel/nn/onnx/tensor_reader.h>
#include <set>

namespace reel::onnx {

namespace {

constexpr std::int64_t oldest_opset = 1, newest_opset = 28;
constexpr std::size_t deepest = 64;                            // parts of a name that make a path
constexpr std::size_t nowhere = static_cast<std::size_t>(-1);  // of an input that is left out

std::array<const ImportTable*, 5> all_imports() {
  return {&elementwise_imports(), &layer_imports(), &reduce_imports(), &sequence_imports(), &shape_imports()};
}

const ImportOp* find_import(std::string_view op) {
  for (const ImportTable* table : all_imports()) {
    if (const auto found = table->find(op); found != table->end()) return &found->second;
  }
  return nullptr;
}

/// What holds the parameters of a part of the name, `conv1` of `conv1.weight`.
class Part : public nn::Module {
 public:
  using nn::Module::add;
  using nn::Module::buffer;
  using nn::Module::parameter;

  [[nodiscard]] std::string describe() const override { return "Part"; }
};

/// A node.
struct Step {
  std::string name;
  Run run;
  std::vector<std::size_t> inputs, outputs;  // their places
  std::vector<std::size_t> last;             // what nobody wants after it
};

/// What is there before anything runs.
struct Constant {
  std::size_t place;
  const Variable* parameter;  // or null, and then
  Variable value;
};

}  // namespace

/// Values have places, which are numbered in the order in which they are made.
struct Model::Graph {
  Names inputs, outputs;
  std::vector<std::size_t> input_places, output_places;
  std::vector<Constant> constants;
  std::vector<Step> steps;
  std::size_t places = 0;

  [[nodiscard]] Values run(const Values& given, bool training) const {
    require<ValueError>(given.size() == inputs.size(), "onnx", "the graph wants ", inputs.size(), " inputs, got ",
                        given.size());
    Values values(places);
    for (std::size_t i = 0; i < given.size(); ++i) values[input_places[i]] = given[i];
    for (const Constant& constant : constants) {
      values[constant.place] = constant.parameter == nullptr ? constant.value : *constant.parameter;
    }
    for (const Step& step : steps) run_step(step, values, training);
    Values out;
    for (const std::size_t place : output_places) out.push_back(values[place]);
    return out;
  }

 private:
  static void run_step(const Step& step, Values& values, bool training) {
    const Scope scope(step.name);
    Values given;
    for (const std::size_t place : step.inputs) given.push_back(place == nowhere ? Variable() : values[place]);
    const Values made = step.run({given, training});
    for (std::size_t i = 0; i < step.outputs.size(); ++i) {
      if (step.outputs[i] == nowhere) continue;
      require<ValueError>(i < made.size(), "onnx", "gives ", made.size(), " outputs, and the graph wants more");
      values[step.outputs[i]] = made[i];
    }
    for (const std::size_t place : step.last) values[place] = {};
  }
};

Model::Model() : graph_(std::make_unique<Graph>()) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

const std::vector<std::string>& Model::input_names() const { return graph_->inputs; }
const std::vector<std::string>& Model::output_names() const { return graph_->outputs; }
std::string Model::describe() const { return concat("onnx::Model, ", graph_->steps.size(), " nodes"); }

std::vector<Variable> Model::run(const std::vector<Variable>& inputs) {
  const nn::ModuleCall call(*this, inputs);
  return graph_->run(inputs, is_training());
}

Variable Model::forward(const Variable& x) { return graph_->run({x}, is_training()).front(); }

/// Builds a Model of a file's graph. What it finds wrong with the file is an IoError.
class Importer {
 public:
  Importer(std::string_view path, const ImportOptions& options) : path_(path), options_(options) {}

  Model read(const ::onnx::ModelProto& proto) {
    find_opset(proto);
    const ::onnx::GraphProto& graph = proto.graph();
    require<ValueError>(graph.sparse_initializer_size() == 0 && proto.functions_size() == 0, path_,
                        "has sparse initializers or functions of its own, which Reel does not read");
    find_statistics(graph);
    read_initializers(graph);
    for (const ::onnx::ValueInfoProto& input : graph.input()) {
      if (places_.contains(input.name())) continue;  // an initializer may be listed as an input
      graph_.inputs.push_back(input.name());
      graph_.input_places.push_back(make(input.name()));
    }
    for (const ::onnx::NodeProto& node : graph.node()) read_node(node);
    require<IoError>(graph.output_size() > 0, path_, "has no output");
    for (const ::onnx::ValueInfoProto& output : graph.output()) {
      graph_.outputs.push_back(output.name());
      graph_.output_places.push_back(use(output.name(), "the graph's output"));
    }
    find_last_uses();
    graph_.places = count_;
    *model_.graph_ = std::move(graph_);
    model_.eval();
    return std::move(model_);
  }

 private:
  void find_opset(const ::onnx::ModelProto& proto) {
    for (const auto& set : proto.opset_import()) {
      if (set.domain().empty() || set.domain() == "ai.onnx") opset_ = set.version();
    }
    require<IoError>(proto.has_graph() && opset_ != 0, path_, "is no ONNX model: it has no graph or no opset");
    require<ValueError>(opset_ >= oldest_opset && opset_ <= newest_opset, path_, "is of opset ", opset_,
                        "; Reel reads ", oldest_opset, " to ", newest_opset);
  }

  /// A name for what is made here: each may be made once.
  std::size_t make(const std::string& name) {
    require<IoError>(!name.empty() && places_.emplace(name, count_).second, path_, "makes ",
                     name.empty() ? "something without a name" : name, name.empty() ? "" : " twice");
    return count_++;
  }
  std::size_t use(const std::string& name, std::string_view who) {
    const auto found = places_.find(name);
    require<IoError>(found != places_.end(), path_, who, " uses ", name, " before it is made");
    return found->second;
  }

  void find_statistics(const ::onnx::GraphProto& graph) {
    for (const ::onnx::NodeProto& node : graph.node()) {
      if (node.op_type() != "BatchNormalization" || node.input_size() < 5) continue;
      statistics_.insert(node.input(3));
      statistics_.insert(node.input(4));
    }
  }

  [[nodiscard]] bool is_parameter(const std::string& name, const Tensor& value) const {
    if (!is_floating(value.dtype())) return false;
    if (options_.is_parameter) return options_.is_parameter(name, value);
    return !name.starts_with('/') && !statistics_.contains(name) && !name.ends_with("running_mean") &&
           !name.ends_with("running_var");
  }

  void read_initializers(const ::onnx::GraphProto& graph) {
    for (const ::onnx::TensorProto& tensor : graph.initializer()) {
      const std::string& name = tensor.name();
      const std::size_t place = make(name);
      Tensor value = read_tensor(tensor, concat(path_, ": ", name));
      const bool is_learned = is_parameter(name, value);
      if (name.starts_with('/') && !is_learned && !statistics_.contains(name)) {  // a constant, nothing to be saved
        graph_.constants.push_back({place, nullptr, value});
        continue;
      }
      const auto [part, last] = find_part(name);
      if (is_learned) {
        const Variable& parameter = part == nullptr ? model_.parameter(last, value) : part->parameter(last, value);
        graph_.constants.push_back({place, &parameter, {}});
      } else {
        graph_.constants.push_back(
            {place, nullptr, part == nullptr ? model_.buffer(last, value) : part->buffer(last, value)});
      }
    }
  }

  /// Where `a.b.weight` belongs, null for the model itself, and what it is called there; with _ for . where that is no
  /// path.
  std::pair<Part*, std::string> find_part(const std::string& name) {
    std::vector<std::string> words(1);
    for (const char c : name) {
      if (c == '.') words.emplace_back();
      else words.back() += c;
    }
    std::string so_far;
    const bool has_gap = std::any_of(words.begin(), words.end(), [](const auto& word) { return word.empty(); });
    bool is_path = !has_gap && words.size() <= deepest && !parts_.contains(name) && !leaves_.contains(name);
    for (std::size_t i = 0; i + 1 < words.size() && is_path; ++i) {
      so_far += concat(i == 0 ? "" : ".", words[i]);
      is_path = !leaves_.contains(so_far);
    }
    if (!is_path) {
      std::string flat = name;
      std::replace(flat.begin(), flat.end(), '.', '_');
      std::size_t& others = flat_names_[flat];
      std::string free = flat;
      while (leaves_.contains(free) || parts_.contains(free)) free = concat(flat, '_', ++others);
      words = {free};
    }
    Part* part = nullptr;
    so_far.clear();
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      so_far += concat(i == 0 ? "" : ".", words[i]);
      parts_.insert(so_far);
      part = part == nullptr ? &part_of(model_, words[i]) : &part_of(*part, words[i]);
    }
    leaves_.insert(so_far + (so_far.empty() ? "" : ".") + words.back());
    return {part, words.back()};
  }

  template <class M>
  static Part& part_of(M& module, const std::string& name) {
    for (const auto& [taken, child] : module.named_children()) {
      if (taken == name) return dynamic_cast<Part&>(*child);
    }
    return module.add(name, Part());
  }

  void read_node(const ::onnx::NodeProto& node) {
    const std::string who = node.name().empty() ? node.op_type() : node.name();
    const NodeReader reader(node, opset_);
    const Scope scope(path_);
    const ImportOp* op = node.domain().empty() || node.domain() == "ai.onnx" ? find_import(node.op_type()) : nullptr;
    if (op == nullptr) {
      reader.refuse(concat("Reel has no counterpart of the op ", node.domain(), node.domain().empty() ? "" : ".",
                           node.op_type()));
    }
    reader.require_that(opset_ >= op->since, concat("Reel reads the op as it is from opset ", op->since,
                                                    " on, and the file is of ", opset_));
    for (const auto& attribute : node.attribute()) {
      const auto& known = op->attributes;
      if (std::find(known.begin(), known.end(), attribute.name()) == known.end()) {
        reader.refuse(concat("Reel has no counterpart of its attribute ", attribute.name()));
      }
    }
    Step step{.name = who, .run = op->make(reader), .inputs = {}, .outputs = {}, .last = {}};
    for (const std::string& input : node.input()) step.inputs.push_back(input.empty() ? nowhere : use(input, who));
    for (const std::string& output : node.output()) step.outputs.push_back(output.empty() ? nowhere : make(output));
    graph_.steps.push_back(std::move(step));
  }

  /// Values are let go after the last step that wants them.
  void find_last_uses() {
    std::vector<bool> wanted(count_, false);
    for (const std::size_t place : graph_.output_places) wanted[place] = true;
    for (std::size_t i = graph_.steps.size(); i-- > 0;) {
      Step& step = graph_.steps[i];
      for (const std::size_t place : step.inputs) {
        if (place == nowhere || wanted[place]) continue;
        wanted[place] = true;
        step.last.push_back(place);
      }
    }
  }

  std::string path_;
  const ImportOptions& options_;
  std::int64_t opset_ = 0;
  Model model_;
  Model::Graph graph_;
  std::map<std::string, std::size_t> places_;
  std::size_t count_ = 0;
  std::set<std::string> statistics_, parts_, leaves_;
  std::map<std::string, std::size_t> flat_names_;  // how many more had to be told apart
};

Model parse_model(std::span<const std::byte> bytes, std::string_view name, const ImportOptions& options) {
  ::onnx::ModelProto proto;
  require<IoError>(
      bytes.size() < (std::size_t{1} << 31) && proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())), name,
      "is no ONNX file: it is truncated, or something else");
  return Importer(name, options).read(proto);
}

Model import_model(std::string_view path, const ImportOptions& options) {
  const auto bytes = io::read_file(path);
  return parse_model(bytes, path, options);
}

Tensor parse_tensor(std::span<const std::byte> bytes, std::string_view name) {
  ::onnx::TensorProto proto;
  require<IoError>(
      bytes.size() < (std::size_t{1} << 31) && proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())), name,
      "is no TensorProto: it is truncated, or something else");
  return read_tensor(proto, name);
}

std::vector<ImportedOp> imported_ops() {
  std::vector<ImportedOp> ops;
  for (const ImportTable* table : all_imports()) {
    for (const auto& [name, op] : *table) {
      ops.push_back({std::string(name), {op.attributes.begin(), op.attributes.end()}, op.since});
    }
  }
  std::sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return ops;
}

}  // namespace reel::onnx

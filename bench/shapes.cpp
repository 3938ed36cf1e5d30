#include "shapes.h"

#include <initializer_list>
#include <ostream>
#include <reel/core/error.h>
#include <reel/core/io/json.h>
#include <utility>

namespace bench {

namespace {

using reel::concat;
using reel::io::json_quote;

class ListWriter {
 public:
  explicit ListWriter(std::ostream& out) : out_(out) { out_ << '['; }
  ListWriter(const ListWriter&) = delete;
  ListWriter& operator=(const ListWriter&) = delete;
  ~ListWriter() { out_ << "\n]\n"; }

  /// `fields` hold JSON.
  void add(const char* op, const char* name, std::initializer_list<std::pair<const char*, std::string>> fields) {
    out_ << (is_first_ ? "\n" : ",\n") << "{\"op\": " << json_quote(op) << ", \"name\": " << json_quote(name);
    for (const auto& [key, value] : fields) out_ << ", " << json_quote(key) << ": " << value;
    out_ << '}';
    is_first_ = false;
  }

 private:
  std::ostream& out_;
  bool is_first_ = true;
};

void add(ListWriter& list, const char* op, const ConvShape& s, bool is_of_the_twelve = false) {
  list.add(op, s.name,
           {{"of_the_twelve", is_of_the_twelve ? "true" : "false"},
            {"batch", concat(s.batch)},
            {"in_channels", concat(s.in_channels)},
            {"size", concat(s.size)},
            {"out_channels", concat(s.out_channels)},
            {"kernel", concat(s.kernel)},
            {"stride", concat(s.stride)},
            {"padding", concat(s.padding)},
            {"dilation", concat(s.dilation)},
            {"groups", concat(s.groups)}});
}

void add(ListWriter& list, const char* op, const RecurrentShape& s) {
  list.add(op, s.name,
           {{"batch", concat(s.batch)},
            {"steps", concat(s.steps)},
            {"inputs", concat(s.inputs)},
            {"units", concat(s.units)}});
}

void add(ListWriter& list, const char* op, const ModelShape& s) {
  list.add(op, s.name,
           {{"model", json_quote(s.model)}, {"batch", concat(s.batch)}, {"images", concat(inference_images)}});
}

}  // namespace

void print_shapes(std::ostream& out) {
  ListWriter list(out);
  for (const auto& s : twelve_layers) add(list, "conv2d", s, true);
  for (const auto& s : further_layers) add(list, "conv2d", s);
  for (const auto& s : pooled_layers) add(list, "conv2d_relu_max_pool2d", s);
  for (const auto& s : row_layers) add(list, "conv1d", s);
  for (const auto& s : transposed_layers) add(list, "conv_transpose2d", s);
  for (const auto& s : transposed_row_layers) add(list, "conv_transpose1d", s);
  for (const auto& s : pools) {
    list.add("max_pool2d", s.name,
             {{"batch", concat(s.batch)},
              {"channels", concat(s.channels)},
              {"size", concat(s.size)},
              {"kernel", concat(s.kernel)},
              {"stride", concat(s.stride)},
              {"padding", concat(s.padding)}});
  }
  for (const auto& s : norms) {
    list.add("batch_norm", s.name,
             {{"batch", concat(s.batch)}, {"channels", concat(s.channels)}, {"size", concat(s.size)}});
  }
  for (const auto& s : layer_norms) {
    list.add("layer_norm", s.name,
             {{"batch", concat(s.batch)}, {"length", concat(s.length)}, {"features", concat(s.features)}});
  }
  for (const auto& s : group_norms) {
    list.add("group_norm", s.name,
             {{"batch", concat(s.batch)},
              {"channels", concat(s.channels)},
              {"size", concat(s.size)},
              {"groups", concat(s.groups)}});
  }
  for (const auto& s : losses) {
    list.add("cross_entropy", s.name, {{"batch", concat(s.batch)}, {"classes", concat(s.classes)}});
  }
  for (const auto& s : matmuls) list.add("matmul", s.name, {{"size", concat(s.size)}});
  for (const auto& s : lstms) add(list, "lstm", s);
  for (const auto& s : grus) add(list, "gru", s);
  for (const auto& s : attentions) {
    list.add("attention", s.name,
             {{"batch", concat(s.batch)},
              {"heads", concat(s.heads)},
              {"steps", concat(s.steps)},
              {"width", concat(s.width)},
              {"is_causal", s.is_causal ? "true" : "false"}});
  }
  for (const auto& s : chains) list.add("mul_add_chain", s.name, {{"ops", concat(s.ops)}});
  for (const auto& s : steps) add(list, "train", s);
  for (const auto& s : inferences) add(list, "inference", s);
}

}  // namespace bench

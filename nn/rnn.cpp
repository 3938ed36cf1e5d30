#include <cmath>
#include <reel/nn/rnn.h>

namespace reel::nn {
namespace {

RnnCell plain_cell(std::string_view nonlinearity) {
  require<ValueError>(nonlinearity == "tanh" || nonlinearity == "relu", "RNN",
                      "the nonlinearity may be tanh or relu, got ", nonlinearity);
  return nonlinearity == "tanh" ? RnnCell::tanh : RnnCell::relu;
}

}  // namespace

Recurrent::Recurrent(std::string_view name, RnnCell cell, const RecurrentOptions& options)
    : layer_(name), cell_(cell), options_(options) {
  const RecurrentOptions& o = options_;
  require<ValueError>(o.input_size >= 1 && o.hidden_size >= 1 && o.num_layers >= 1, layer_,
                      "input_size, hidden_size and num_layers must be at least 1, got ", o.input_size, ", ",
                      o.hidden_size, " and ", o.num_layers);
  require<ValueError>(o.dropout >= 0 && o.dropout <= 1, layer_, "wants a dropout in [0, 1], got ", o.dropout);
  const std::int64_t directions = o.bidirectional ? 2 : 1;
  const std::int64_t wide = gate_count(cell) * o.hidden_size;
  const double bound = 1 / std::sqrt(static_cast<double>(o.hidden_size));
  const auto add_one = [&](const std::string& what, const std::string& suffix, const Shape& shape) {
    parameter(what + suffix, uniform(shape, -bound, bound));
  };
  for (std::int64_t layer = 0; layer < o.num_layers; ++layer) {
    const std::int64_t inputs = layer == 0 ? o.input_size : directions * o.hidden_size;
    for (std::int64_t side = 0; side < directions; ++side) {
      const std::string suffix = concat("_l", layer, side == 1 ? "_reverse" : "");
      add_one("weight_ih", suffix, {wide, inputs});
      add_one("weight_hh", suffix, {wide, o.hidden_size});
      if (!o.bias) continue;
      add_one("bias_ih", suffix, {wide});
      add_one("bias_hh", suffix, {wide});
    }
  }
}

RnnOutput Recurrent::run(const Variable& x, const RnnState& state) {
  const auto call = enter(x, state.h, state.c);
  return rnn(x, state, parameters(),
             {.cell = cell_,
              .num_layers = options_.num_layers,
              .bias = options_.bias,
              .batch_first = options_.batch_first,
              .dropout = options_.dropout,
              .bidirectional = options_.bidirectional,
              .training = is_training()});
}

std::string Recurrent::describe() const {
  const RecurrentOptions& o = options_;
  std::string out = concat(layer_, '(', o.input_size, ", ", o.hidden_size);
  if (o.num_layers != 1) out += concat(", num_layers=", o.num_layers);
  if (!o.bias) out += ", bias=false";
  if (o.batch_first) out += ", batch_first=true";
  if (o.dropout != 0) out += concat(", dropout=", o.dropout);
  if (o.bidirectional) out += ", bidirectional=true";
  if (cell_ == RnnCell::relu) out += ", nonlinearity=relu";
  return out + ')';
}

RNN::RNN(const RecurrentOptions& options, std::string_view nonlinearity)
    : Recurrent("RNN", plain_cell(nonlinearity), options) {}

}  // namespace reel::nn

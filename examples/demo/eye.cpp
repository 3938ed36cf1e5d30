#include "eye.h"

#include <cmath>
#include <cstring>
#include <reel/autograd/tape.h>
#include <reel/core/io/json.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/softmax.h>
#include <reel/data/digit_image.h>
#include <reel/data/normalize.h>
#include <reel/training/progress.h>

namespace demo {

using namespace reel;

namespace {

/// uint8 [1, 28, 28]: the digit as MNIST's makers would have cut it out.
Tensor find_digit(std::span<const std::byte> drawing) {
  constexpr auto wanted = static_cast<std::size_t>(Eye::side * Eye::side);
  require<ValueError>(drawing.size() == wanted, "demo", "a drawing has ", wanted, " bytes, got ", drawing.size());
  Tensor image = Tensor::empty({1, Eye::side, Eye::side}, uint8);
  std::memcpy(image.mutable_data<std::uint8_t>(), drawing.data(), drawing.size());
  return data::to_mnist(image);
}

/// float32 [1, 1, 28, 28], normalised as in training.
Tensor normalized(const Tensor& digit) {
  static const data::Normalizer normalize(data::mnist_normalization());
  Tensor input = Tensor::empty({1, 1, digit.size(1), digit.size(2)});
  normalize(digit, {input.mutable_data<float>(), static_cast<std::size_t>(input.numel())});
  return input;
}

/// Numbers for a picture: a signed byte each, 127 for the largest size there is, which is returned.
double append_signed(std::string& bytes, const Tensor& values) {
  const Tensor all = values.contiguous();
  const double most = max(abs(all)).item();
  const float scale = most > 0 ? static_cast<float>(127 / most) : 0.0F;
  for (const float v : all.span<float>()) bytes += static_cast<char>(std::lround(scale * v));
  return most;
}

/// "[6, 28, 28]" of an output [1, 6, 28, 28].
std::string json_shape(const Shape& shape) {
  std::string text;
  for (int i = 1; i < shape.rank(); ++i) text += concat(i == 1 ? "[" : ", ", shape[i]);
  return text + ']';
}

std::string answer(const io::JsonObject& object, const std::string& bytes) {
  const std::string text = object.text();
  std::string length;
  for (unsigned shift = 0; shift < 32; shift += 8) length += static_cast<char>(text.size() >> shift & 0xff);
  return length + text + bytes;
}

}  // namespace

Eye::Eye(std::string name, nn::Sequential model) : name_(std::move(name)), model_(std::move(model)) {
  model_.eval();
  model_.freeze();  // nobody wants the parameters' gradients
  for (const auto& [number, layer] : model_.named_children()) watch(number, *layer);
}

void Eye::watch(const std::string& name, nn::Module& layer) {
  const std::string title = concat(name, ' ', layer.describe());
  if (title.find(" Flatten") != std::string::npos) return;  // the same numbers once more
  layer.register_forward_hook([this, title](nn::Module&, const Variable&, const Variable& y) {
    seen_.push_back({title, y.value().clone()});
  });
}

std::string Eye::look(std::span<const std::byte> drawing) {
  const std::lock_guard lock(mutex_);
  const training::Stopwatch watch;
  const Tensor digit = find_digit(drawing);
  seen_.clear();
  const Tensor probabilities = softmax(model_(normalized(digit)).value(), 1);
  std::string bytes(reinterpret_cast<const char*>(digit.data<std::uint8_t>()), static_cast<std::size_t>(digit.numel()));
  std::string layers, shares;
  for (const Layer& layer : seen_) {
    const double most = append_signed(bytes, layer.output);
    layers += (layers.empty() ? "" : ", ") + io::JsonObject()
                                                 .add("name", layer.name)
                                                 .raw("shape", json_shape(layer.output.shape()))
                                                 .add("most", most)
                                                 .text();
  }
  for (const float p : probabilities.span<float>()) shares += (shares.empty() ? "" : ", ") + io::json_number(p);
  return answer(io::JsonObject()
                    .add("net", name_)
                    .raw("probabilities", '[' + shares + ']')
                    .raw("digit", json_shape(digit.shape()))
                    .raw("layers", '[' + layers + ']')
                    .add("milliseconds", 1e3 * watch.seconds()),
                bytes);
}

std::string Eye::pull(std::span<const std::byte> drawing, std::int64_t label) {
  require<IndexError>(label >= 0 && label < classes, "demo", "class ", label, " is outside [0, ", classes, ")");
  const std::lock_guard lock(mutex_);
  const Variable pixels = Variable::leaf(normalized(find_digit(drawing)));
  Tensor wanted = Tensor::zeros({1, classes});
  wanted.narrow(1, label, 1).fill(1);
  Tape tape;
  tape.backward(model_(pixels), {.gradient = wanted});
  seen_.clear();
  std::string bytes;
  const double most = append_signed(bytes, pixels.grad());
  return answer(io::JsonObject().add("label", label).raw("shape", json_shape({1, 28, 28})).add("most", most), bytes);
}

}  // namespace demo

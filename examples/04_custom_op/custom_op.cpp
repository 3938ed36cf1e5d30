#include <iostream>
#include <reel/reel.h>
using namespace reel;

/// y = x + sin(a x)^2 / a, which learns what is periodic (Ziyin et al., 2020). x [N, C], a [C].
Variable snake(const Variable& x, const Variable& a) {
  require<ShapeError>(x.rank() == 2 && a.shape() == Shape{x.size(1)}, "snake",
                      "wants x [N, C] and one a for each channel [C], got ", x.shape(), " and ", a.shape());
  const Tensor sine = sin(x.value() * a.value());
  return record("snake", {x, a}, x.value() + sine * sine / a.value(),
                [x, a](const Variable& grad, const Step& step) -> Gradients {
                  const Variable wave = sin(2.0 * a * x);  // the derivative of sin(a x)^2 for a x
                  const auto for_a = [&] { return sum(grad * (a * x * wave - pow(sin(a * x), 2)), {0}) / (a * a); };
                  return {grad * (1.0 + wave), step.wants(1) ? for_a() : Variable()};
                });
}
struct Snake : nn::Module {
  explicit Snake(std::int64_t channels) : a(parameter("a", Tensor::ones({channels}))) {}
  Variable forward(const Variable& x) override { return snake(x, a); }
  const Variable& a;
};

int main() {
  check_op([](const std::vector<Variable>& v) { return snake(v[0], v[1]); },
           {uniform({3, 4}, -2, 2, float64), uniform({4}, 0.5, 2, float64)});
  nn::Sequential model{nn::Linear(1, 16), Snake(16), nn::Linear(16, 1)};
  Tape tape;
  static_cast<void>(model(uniform({5, 1})));
  std::cout << tape.to_text();
}

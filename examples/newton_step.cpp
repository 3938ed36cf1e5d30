// Newton's method with exact second derivatives: each step solves H d = g, with the gradient g and the Hessian H. Once
// with the whole matrix, and once by conjugate gradients, which need no matrix but products H v. The valley of
// Rosenbrock's function, where gradient descent crawls, takes a handful of steps.

#include <cstdio>
#include <reel/reel.h>

#include "no_options.h"
#include "output.h"

using namespace reel;

namespace {

/// (1 - x)^2 + 100 (y - x^2)^2, with its minimum of 0 at (1, 1).
Variable rosenbrock(const Variable& at) {
  const Variable x = select(at, 0, 0);
  const Variable y = select(at, 0, 1);
  return pow(1.0 - x, 2) + 100.0 * pow(y - x * x, 2);
}

Tensor gradient(const Tensor& at) { return vjp(rosenbrock, at, Tensor::scalar(1, float64)).product; }

double dot(const Tensor& a, const Tensor& b) { return sum(a * b).item(); }

/// H^-1 g for a 2 x 2 matrix, by Cramer's rule.
Tensor solve_by_matrix(const Tensor& at) {
  const Tensor h = hessian(rosenbrock, at);
  const Tensor g = gradient(at);
  const double a = h.at({0, 0}), b = h.at({0, 1}), c = h.at({1, 1});
  const double u = g.at({0}), v = g.at({1});
  return Tensor::of({c * u - b * v, a * v - b * u}, float64) / (a * c - b * b);
}

/// The same by conjugate gradients: as many products as there are unknowns.
Tensor solve_by_products(const Tensor& at) {
  Tensor solution = Tensor::zeros(at.shape(), float64);
  Tensor rest = gradient(at);
  Tensor direction = rest;
  for (std::int64_t i = 0; i < at.numel(); ++i) {
    const Tensor product = hvp(rosenbrock, at, direction).product;
    const double before = dot(rest, rest);
    if (before == 0) break;
    const double length = before / dot(direction, product);
    solution = solution + direction * length;
    rest = rest - product * length;
    direction = rest + direction * (dot(rest, rest) / before);
  }
  return solution;
}

double descend(const char* name, Tensor (*solve)(const Tensor&)) {
  Tensor at = Tensor::of({-1.2, 1}, float64);
  std::printf("Newton's method, %s\n step        x         y         f\n", name);
  for (int step = 0;; ++step) {
    const double f = rosenbrock(at).item();
    std::printf("%5d %9.5f %9.5f %9.2e\n", step, at.at({0}), at.at({1}), f);
    if (step == 7) return f;
    at = at - solve(at);
  }
}

void compare() {
  const double by_matrix = descend("with the Hessian", solve_by_matrix);
  const double by_products = descend("by products with the Hessian", solve_by_products);
  Tensor at = Tensor::of({-1.2, 1}, float64);
  for (int step = 0; step < 1000; ++step) at = at - gradient(at) * 1e-3;
  std::printf("gradient descent after 1000 steps of 0.001: f = %.2e\n", rosenbrock(at).item());
  require<Error>(by_matrix < 1e-12 && by_products < 1e-12, "newton_step", "did not arrive: ", by_matrix, " and ",
                 by_products);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "Newton's method with second derivatives.")) return *code;
  try {
    compare();
    examples::require_written();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "newton_step: " << error.what() << '\n';
    return 1;
  }
}

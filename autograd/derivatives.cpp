#include <reel/autograd/derivatives.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

using Variables = std::vector<Variable>;

Variables leaves_of(std::string_view name, const std::vector<Tensor>& inputs) {
  require<ValueError>(!inputs.empty(), name, "got no inputs");
  Variables leaves;
  for (const Tensor& input : inputs) {
    require_defined(name, input);
    leaves.push_back(Variable::leaf(input));
  }
  return leaves;
}

void require_like(std::string_view name, const Tensor& v, const Variable& what) {
  require_same_dtype(name, v, what.value());
  require<ShapeError>(v.shape() == what.shape(), name, "a vector that multiplies shape ", what.shape(),
                      " wants that shape, got ", v.shape());
}

void require_like(std::string_view name, const std::vector<Tensor>& v, const Variables& what) {
  require<ValueError>(v.size() == what.size(), name, "wants a vector for each of ", what.size(), " inputs, got ",
                      v.size());
  for (std::size_t i = 0; i < v.size(); ++i) require_like(name, v[i], what[i]);
}

void require_number(std::string_view name, const Variable& y) {
  require<ShapeError>(y.numel() == 1, name, "wants a function with one element, got shape ", y.shape());
}

/// f at the points, recorded even where it is one of them.
Variable call(const Function& f, const Variables& points) {
  const Variable y = f(points);
  return y.is_leaf() ? reshape(y, y.shape()) : y;
}

/// grad(), and zeros for a function that depends on nothing.
Variables gradients(const Variable& y, const Variables& points, const GradOptions& options) {
  if (Tape::current()->holds(y)) return grad({y}, points, options);
  Variables zeros;
  for (const Variable& point : points) zeros.emplace_back(Tensor::zeros(point.shape(), point.dtype()));
  return zeros;
}

/// The sum of a_i * v_i over all elements of all parts.
Variable dot(const Variables& a, const std::vector<Tensor>& v) {
  Variable total = sum(a[0] * v[0]);
  for (std::size_t i = 1; i < a.size(); ++i) total = total + to(sum(a[i] * v[i]), total.dtype());
  return total;
}

std::vector<Tensor> values(const Variables& variables) {
  std::vector<Tensor> tensors;
  for (const Variable& v : variables) tensors.push_back(v.value());
  return tensors;
}

/// The derivative of y, element by element: of shape [*y.shape, *point.shape] for each point.
std::vector<Tensor> rows(const Variable& y, const Variables& points) {
  std::vector<Tensor> all;
  for (const Variable& point : points) {
    Shape shape = y.shape();
    for (const std::int64_t size : point.shape()) shape.push_back(size);
    all.push_back(Tensor::zeros(shape, point.dtype()));
  }
  for (std::int64_t row = 0; row < y.numel(); ++row) {
    Tensor pick = Tensor::zeros(y.shape(), y.dtype());
    pick.reshape({-1}).select(0, row).fill(1);
    const Variables slopes = gradients(y, points, {.grad_outputs = {pick}});
    for (std::size_t i = 0; i < points.size(); ++i) {
      Shape flat = points[i].shape();
      flat.insert(0, y.numel());
      all[i].reshape(flat).select(0, row).copy_from(slopes[i].value());
    }
  }
  return all;
}

}  // namespace

Products vjp(const Function& f, const std::vector<Tensor>& inputs, const Tensor& v) {
  const Tape tape;
  const Variables points = leaves_of("vjp", inputs);
  const Variable y = call(f, points);
  require_like("vjp", v, y);
  return {y.value(), values(gradients(y, points, {.grad_outputs = {v}}))};
}

Product jvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& v) {
  const Tape tape;
  const Variables points = leaves_of("jvp", inputs);
  require_like("jvp", v, points);
  const Variable y = call(f, points);
  const Variable along = Variable::leaf(Tensor::zeros(y.shape(), y.dtype()));
  const Variable product = dot(gradients(y, points, {.grad_outputs = {along}, .create_graph = true}), v);
  return {y.value(), gradients(product, {along}, {})[0].value()};
}

Products hvp(const Function& f, const std::vector<Tensor>& inputs, const std::vector<Tensor>& v) {
  const Tape tape;
  const Variables points = leaves_of("hvp", inputs);
  require_like("hvp", v, points);
  const Variable y = call(f, points);
  require_number("hvp", y);
  const Variable slope = dot(gradients(y, points, {.create_graph = true}), v);
  return {y.value(), values(gradients(slope, points, {}))};
}

std::vector<Tensor> jacobian(const Function& f, const std::vector<Tensor>& inputs) {
  const Tape tape;
  const Variables points = leaves_of("jacobian", inputs);
  return rows(call(f, points), points);
}

std::vector<std::vector<Tensor>> hessian(const Function& f, const std::vector<Tensor>& inputs) {
  const Tape tape;
  const Variables points = leaves_of("hessian", inputs);
  const Variable y = call(f, points);
  require_number("hessian", y);
  std::vector<std::vector<Tensor>> all;
  for (const Variable& slope : gradients(y, points, {.create_graph = true})) all.push_back(rows(slope, points));
  return all;
}

Product vjp(const UnaryFunction& f, const Tensor& x, const Tensor& v) {
  const auto [value, products] = vjp(as_function(f), {x}, v);
  return {value, products[0]};
}

Product jvp(const UnaryFunction& f, const Tensor& x, const Tensor& v) {
  return jvp(as_function(f), std::vector<Tensor>{x}, std::vector<Tensor>{v});
}

Product hvp(const UnaryFunction& f, const Tensor& x, const Tensor& v) {
  const auto [value, products] = hvp(as_function(f), std::vector<Tensor>{x}, std::vector<Tensor>{v});
  return {value, products[0]};
}

Tensor jacobian(const UnaryFunction& f, const Tensor& x) { return jacobian(as_function(f), {x})[0]; }

Tensor hessian(const UnaryFunction& f, const Tensor& x) { return hessian(as_function(f), {x})[0][0]; }

}  // namespace reel

#include <reel/nn/activation.h>

namespace reel::nn {

LeakyReLU::LeakyReLU(double negative_slope)
    : Lambda(concat("LeakyReLU(negative_slope=", negative_slope, ')'),
             [=](const Variable& x) { return leaky_relu(x, negative_slope); }) {}

ELU::ELU(double alpha) : Lambda(concat("ELU(alpha=", alpha, ')'), [=](const Variable& x) { return elu(x, alpha); }) {}

GELU::GELU(Approximate approximate)
    : Lambda(concat("GELU(approximate=", approximate == Approximate::tanh ? "tanh" : "none", ')'),
             [=](const Variable& x) { return gelu(x, approximate); }) {}

Hardtanh::Hardtanh(double min_val, double max_val)
    : Lambda(concat("Hardtanh(min_val=", min_val, ", max_val=", max_val, ')'),
             [=](const Variable& x) { return hardtanh(x, min_val, max_val); }) {
  require<ValueError>(min_val <= max_val, "Hardtanh", "min_val is above max_val, got ", min_val, " and ", max_val);
}

Softplus::Softplus(double beta, double threshold)
    : Lambda(concat("Softplus(beta=", beta, ", threshold=", threshold, ')'),
             [=](const Variable& x) { return softplus(x, beta, threshold); }) {}

Softmax::Softmax(std::int64_t dim)
    : Lambda(concat("Softmax(dim=", dim, ')'), [=](const Variable& x) { return softmax(x, dim); }) {}

LogSoftmax::LogSoftmax(std::int64_t dim)
    : Lambda(concat("LogSoftmax(dim=", dim, ')'), [=](const Variable& x) { return log_softmax(x, dim); }) {}

Flatten::Flatten(std::int64_t start_dim, std::int64_t end_dim)
    : Lambda("Flatten", [=](const Variable& x) { return flatten(x, start_dim, end_dim); }) {}

PReLU::PReLU(std::int64_t num_parameters, double init) {
  require<ValueError>(num_parameters >= 1, "PReLU", "num_parameters must be at least 1, got ", num_parameters);
  weight_ = &parameter("weight", Tensor::full({num_parameters}, init));
}

std::string PReLU::describe() const { return concat("PReLU(num_parameters=", weight_->numel(), ')'); }

Dropout::Dropout(const char* name, double p, Op op) : name_(name), p_(p), op_(op) {
  require<ValueError>(p >= 0 && p <= 1, name, "wants a probability in [0, 1], got ", p);
}

}  // namespace reel::nn

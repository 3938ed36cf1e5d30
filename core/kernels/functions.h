#pragma once

#include <cstdint>

/// to[i] = f(from[i]) for i < n, in vectors, within a few units in the last place. Only where has_fast_vectors().
namespace reel::kernels::functions {

using Function = void (*)(const float* from, float* to, std::int64_t n);

void exp(const float* from, float* to, std::int64_t n);
void log(const float* from, float* to, std::int64_t n);
void tanh(const float* from, float* to, std::int64_t n);
void sigmoid(const float* from, float* to, std::int64_t n);
void softplus(const float* from, float* to, std::int64_t n);
void erf(const float* from, float* to, std::int64_t n);

}  // namespace reel::kernels::functions

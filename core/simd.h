#pragma once

/// Marks a function whose loops are worth compiling for several instruction sets; the right one is picked when
/// the program starts, so that one binary is fast on every x86-64. Elsewhere, and under sanitizers (whose runtime
/// is not up yet when the picking happens), it does nothing.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(REEL_NO_SIMD_CLONES)
#define REEL_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define REEL_SIMD
#endif

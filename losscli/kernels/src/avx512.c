/* The machine for processors with AVX512. */

#if defined(__x86_64__)
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
#endif
#define ISA avx512
#define LANES 8
#include "machine.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif

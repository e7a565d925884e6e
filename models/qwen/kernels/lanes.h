/* Sixteen lanes: the one vector type that every kernel is written in.
 *
 * A lane is a row of a weight matrix. `ints` are 16 × int32, `floats` 16 × float, `bytes` 64 × uint8,
 * four for each lane. The same kernels compile for AVX-512 with VNNI, for AVX2 (with or without
 * AVX-VNNI), for NEON with dot products, and as plain C; KEX_SCALAR forces the last. All of them
 * give the same bits: integer sums are exact, and floating-point operations are the same ones (fused
 * multiply-add, round to nearest) in the same order.
 */
#ifndef KEX_LANES_H
#define KEX_LANES_H
#include <math.h>
#include <stdint.h>
#include <string.h>

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

#if defined(KEX_SCALAR)
#include "lanes_scalar.h"
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)
#include "lanes_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include "lanes_avx2.h"
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_DOTPROD)
#include "lanes_neon.h"
#else
#include "lanes_scalar.h"
#endif

/* The sum of the lanes, in one order on every machine. */
INLINE float sum(floats x) {
  float lane[LANES];
  store(lane, x);
  for (int width = LANES / 2; width; width /= 2)
    for (int i = 0; i < width; i++) lane[i] += lane[i + width];
  return lane[0];
}

/* 1.5 * 2^23: a float of this size has no fraction, so adding it rounds to the nearest integer (halves
 * to even), which its lowest bits then hold. */
#define ROUNDER 12582912.0f

/* For |x| < 2^22. */
INLINE floats nearest(floats x) { return add(add(x, same(ROUNDER)), same(-ROUNDER)); }

/* e^x to 2 units in the last place; x outside of -87 … 88 counts as the nearer end.
 *
 * x = n ln 2 + r with |r| ≤ ln 2 / 2; e^r is its Taylor series up to r^6,
 * and `times_power` adds n to the exponent. ln 2 comes in two parts, the first of which is
 * exact when multiplied by n. */
INLINE floats exp_(floats x) {
  x = larger(smaller(x, same(88.0f)), same(-87.0f));
  floats rounded = fma_(x, same(1.44269504f), same(ROUNDER));
  floats n = add(rounded, same(-ROUNDER));
  floats r = fma_(n, same(-0.693359375f), x);
  r = fma_(n, same(2.12194440e-4f), r);
  floats y = same(1.3888889e-3f);
  y = fma_(y, r, same(8.3333333e-3f));
  y = fma_(y, r, same(4.1666667e-2f));
  y = fma_(y, r, same(1.6666667e-1f));
  y = fma_(y, r, same(0.5f));
  y = fma_(y, r, same(1.0f));
  y = fma_(y, r, same(1.0f));
  return times_power(y, rounded);
}
#endif

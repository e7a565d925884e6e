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
#endif

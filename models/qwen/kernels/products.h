/* Matrix times tokens: each weight is unpacked once for up to TOKENS tokens.
 *
 * That is where the speed is: unpacking costs more than multiplying, so a step of four tokens costs
 * little more than a step of one. The sums of a token do not depend on the others of its batch.
 */
#ifndef KEX_PRODUCTS_H
#define KEX_PRODUCTS_H
#include "tiles.h"

#define AHEAD 2 /* blocks that are fetched before they are needed */

INLINE int32_t four(const int8_t *q) {
  int32_t x;
  memcpy(&x, q, 4);
  return x;
}
INLINE void fetch(const void *p, size_t bytes) {
  for (size_t at = 0; at < bytes; at += 64) __builtin_prefetch((const char *)p + at);
}

/* `scaled[t]` += `part[t]` in the token's scale number `number`; `part` begins anew. */
INLINE void take(const Activation *x, size_t stride, int tokens, int number, floats *part,
                 floats *scaled) {
  for (int t = 0; t < tokens; t++) {
    scaled[t] = fma_(part[t], same(x[t * stride].d[number]), scaled[t]);
    part[t] = same(0);
  }
}

/* `to[t]` += the products of 16 rows with token t. `x`: the first token's blocks; the next token's
 * begin `stride` further. */
INLINE void product4(const Tile4 *w, int blocks, const Activation *x, size_t stride, int tokens,
                     floats *to) {
  for (int b = 0; b < blocks; b++, w++) {
    floats scaled[TOKENS], part[TOKENS], least[TOKENS];
    for (int t = 0; t < tokens; t++) scaled[t] = part[t] = least[t] = same(0);
    for (int j = 0; j < 8; j++) {
      fetch(w[AHEAD].q[j], sizeof w->q[j]);
      bytes group[8];
      for (int g = 0; g < 4; g++) {
        bytes both = load_bytes(w->q[j][g]);
        group[g] = low4(both);
        group[g + 4] = high4(both);
      }
      floats scale = load_u8(w->scale[j]);
      for (int t = 0; t < tokens; t++) {
        const Activation *a = x + t * stride + b;
        ints dot = same_int(0);
        for (int g = 0; g < 8; g++) dot = dot4(dot, group[g], four(a->q + 32 * j + 4 * g));
        part[t] = fma_(as_floats(dot), scale, part[t]);
      }
      if ((j + 1) % (SHARED / 32) == 0) take(x + b, stride, tokens, j * 32 / SHARED, part, scaled);
    }
    for (int j = 0; j < 8; j++) {
      floats min = load_u8(w->min[j]);
      for (int t = 0; t < tokens; t++)
        least[t] = fma_(min, same(x[t * stride + b].sum[j]), least[t]);
    }
    fetch(w[AHEAD].scale, sizeof *w - offsetof(Tile4, scale));
    floats d = load_half(w->d), dmin = times(load_half(w->dmin), same(-1));
    for (int t = 0; t < tokens; t++) to[t] = add(to[t], fma_(least[t], dmin, times(scaled[t], d)));
  }
}

INLINE void product6(const Tile6 *w, int blocks, const Activation *x, size_t stride, int tokens,
                     floats *to) {
  for (int b = 0; b < blocks; b++, w++) {
    floats scaled[TOKENS], part[TOKENS];
    for (int t = 0; t < tokens; t++) scaled[t] = part[t] = same(0);
    for (int j = 0; j < 16; j++) {
      fetch(w[AHEAD].q[j], sizeof w->q[j]);
      bytes first = load_bytes(w->q[j][0]), second = load_bytes(w->q[j][1]);
      bytes high = load_bytes(w->q[j][2]);
      bytes group[4] = {either(low4(first), pair(high, 0)), either(high4(first), pair(high, 1)),
                        either(low4(second), pair(high, 2)), either(high4(second), pair(high, 3))};
      floats scale = load_s8(w->scale[j]);
      for (int t = 0; t < tokens; t++) {
        const Activation *a = x + t * stride + b;
        ints dot = same_int(a->less32[j]);
        for (int g = 0; g < 4; g++) dot = dot4(dot, group[g], four(a->q + 16 * j + 4 * g));
        part[t] = fma_(as_floats(dot), scale, part[t]);
      }
      if ((j + 1) % (SHARED / 16) == 0) take(x + b, stride, tokens, j * 16 / SHARED, part, scaled);
    }
    fetch(w[AHEAD].scale, sizeof *w - offsetof(Tile6, scale));
    floats d = load_half(w->d);
    for (int t = 0; t < tokens; t++) to[t] = fma_(scaled[t], d, to[t]);
  }
}

/* -32 times the sum of sub-block j's 32 numbers of a token. */
INLINE int32_t less_of(const Activation *a, int j) { return a->less32[2 * j] + a->less32[2 * j + 1]; }

INLINE void product5(const Tile5 *w, int blocks, const Activation *x, size_t stride, int tokens,
                     floats *to) {
  for (int b = 0; b < blocks; b++, w++) {
    for (int j = 0; j < 8; j++) {
      fetch(w[AHEAD].q[j], sizeof w->q[j]);
      fetch(w[AHEAD].high[j], sizeof w->high[j]);
      bytes group[8];
      for (int half = 0; half < 2; half++) {
        bytes fifth = load_bytes(w->high[j][half]);
        bytes bits[4] = {pair(fifth, 0), pair(fifth, 1), pair(fifth, 2), pair(fifth, 3)};
        for (int g = 0; g < 4; g++) {
          bytes both = load_bytes(w->q[j][g]);
          group[4 * half + g] = either(half ? high4(both) : low4(both), bits[g]);
        }
      }
      floats d = load_half(w->d[j]);
      for (int t = 0; t < tokens; t++) {
        const Activation *a = x + t * stride + b;
        ints dot = same_int(less_of(a, j) / 2);
        for (int g = 0; g < 8; g++) dot = dot4(dot, group[g], four(a->q + 32 * j + 4 * g));
        to[t] = fma_(times(as_floats(dot), same(a->d[j * SMALL / SHARED])), d, to[t]);
      }
    }
  }
}

/* The weights' halves are multiplied apart: a product of eight bits would not fit AVX2's sums. */
INLINE void product8(const Tile8 *w, int blocks, const Activation *x, size_t stride, int tokens,
                     floats *to) {
  for (int b = 0; b < blocks; b++, w++) {
    for (int j = 0; j < 8; j++) {
      fetch(w[AHEAD].q[j], sizeof w->q[j]);
      fetch(w[AHEAD].high[j], sizeof w->high[j]);
      bytes low[8], high[8];
      for (int g = 0; g < 4; g++) {
        bytes lows = load_bytes(w->q[j][g]), highs = load_bytes(w->high[j][g]);
        low[g] = low4(lows);
        low[g + 4] = high4(lows);
        high[g] = low4(highs);
        high[g + 4] = high4(highs);
      }
      floats d = load_half(w->d[j]);
      for (int t = 0; t < tokens; t++) {
        const Activation *a = x + t * stride + b;
        ints of_low = same_int(4 * less_of(a, j)), of_high = same_int(0);
        for (int g = 0; g < 8; g++) {
          int32_t numbers = four(a->q + 32 * j + 4 * g);
          of_low = dot4(of_low, low[g], numbers);
          of_high = dot4(of_high, high[g], numbers);
        }
        floats dot = fma_(as_floats(of_high), same(16), as_floats(of_low)); /* exact: below 2^24 */
        to[t] = fma_(times(dot, same(a->d[j * SMALL / SHARED])), d, to[t]);
      }
    }
  }
}

enum { Q5_0 = 6, Q8_0 = 8, Q4_K = 12, Q6_K = 14 }; /* GGUF's numbers */

#define CASE(n)                                                                      \
  case n:                                                                            \
    if (type == Q4_K)                                                                \
      product4((const Tile4 *)tiles + (size_t)r * blocks, blocks, x, stride, n, to); \
    else if (type == Q6_K)                                                           \
      product6((const Tile6 *)tiles + (size_t)r * blocks, blocks, x, stride, n, to); \
    else if (type == Q5_0)                                                           \
      product5((const Tile5 *)tiles + (size_t)r * blocks, blocks, x, stride, n, to); \
    else                                                                             \
      product8((const Tile8 *)tiles + (size_t)r * blocks, blocks, x, stride, n, to); \
    break;

/* Rows 16r … 16r + 15; the number of tokens is a constant to the compiler in each case. */
static void product(int type, const void *tiles, int r, int blocks, const Activation *x,
                    size_t stride, int tokens, floats *to) {
  switch (tokens) {
    CASE(1) CASE(2) CASE(3) CASE(4)
#if TOKENS > 4
    CASE(5) CASE(6) CASE(7) CASE(8)
#endif
  }
}
#endif

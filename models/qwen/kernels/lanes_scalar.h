/* Plain C: the reference of the other three, and what runs where none of them does. */
#define ISA "plain C"
#define TOKENS 4
#define EACH for (int i = 0; i < LANES; i++)

typedef struct { int32_t v[LANES]; } ints;
typedef struct { float v[LANES]; } floats;
typedef struct { uint8_t v[4 * LANES]; } bytes;

INLINE bytes load_bytes(const uint8_t *p) {
  bytes r;
  memcpy(r.v, p, sizeof r.v);
  return r;
}
INLINE bytes low4(bytes x) {
  for (int i = 0; i < 4 * LANES; i++) x.v[i] &= 15;
  return x;
}
INLINE bytes high4(bytes x) {
  for (int i = 0; i < 4 * LANES; i++) x.v[i] >>= 4;
  return x;
}
INLINE bytes pair(bytes x, int n) {
  for (int i = 0; i < 4 * LANES; i++) x.v[i] = (uint8_t)(((x.v[i] >> (2 * n)) & 3) << 4);
  return x;
}
INLINE bytes either(bytes a, bytes b) {
  for (int i = 0; i < 4 * LANES; i++) a.v[i] |= b.v[i];
  return a;
}

INLINE ints same_int(int32_t x) {
  ints r;
  EACH r.v[i] = x;
  return r;
}
INLINE ints dot4(ints to, bytes u, int32_t four) {
  int8_t s[4];
  memcpy(s, &four, 4);
  EACH for (int k = 0; k < 4; k++) to.v[i] += u.v[4 * i + k] * s[k];
  return to;
}
INLINE floats as_floats(ints x) {
  floats r;
  EACH r.v[i] = (float)x.v[i];
  return r;
}

INLINE floats same(float x) {
  floats r;
  EACH r.v[i] = x;
  return r;
}
INLINE floats load(const float *p) {
  floats r;
  memcpy(r.v, p, sizeof r.v);
  return r;
}
INLINE void store(float *p, floats x) { memcpy(p, x.v, sizeof x.v); }

/* IEEE 754 half ↔ single precision, subnormal numbers included. */
INLINE float from_half(uint16_t h) {
  int exponent = (h >> 10) & 31, fraction = h & 1023;
  float x;
  if (exponent == 31)
    x = fraction ? NAN : INFINITY;
  else if (exponent)
    x = ldexpf((float)(fraction | 1024), exponent - 25);
  else
    x = ldexpf((float)fraction, -24);
  return h >> 15 ? -x : x;
}
INLINE uint16_t to_half(float x) {
  uint16_t sign = signbit(x) ? 0x8000 : 0;
  x = fabsf(x);
  if (isnan(x)) return sign | 0x7e00;
  if (x >= 65520.0f) return sign | 0x7c00;
  if (x < 6.103515625e-05f) return (uint16_t)(sign | (uint16_t)lrintf(ldexpf(x, 24)));
  int exponent;
  float fraction = frexpf(x, &exponent); /* in [0.5, 1) */
  int rounded = (int)lrintf(ldexpf(fraction, 11)); /* 1024 … 2048 */
  return (uint16_t)(sign + (uint16_t)((exponent + 14) << 10) + (uint16_t)(rounded - 1024));
}
INLINE floats load_half(const uint16_t *p) {
  floats r;
  EACH r.v[i] = from_half(p[i]);
  return r;
}
INLINE void store_half(uint16_t *p, floats x) { EACH p[i] = to_half(x.v[i]); }
INLINE floats load_u8(const uint8_t *p) {
  floats r;
  EACH r.v[i] = p[i];
  return r;
}
INLINE floats load_s8(const int8_t *p) {
  floats r;
  EACH r.v[i] = p[i];
  return r;
}
INLINE floats add(floats a, floats b) {
  EACH a.v[i] += b.v[i];
  return a;
}
INLINE floats times(floats a, floats b) {
  EACH a.v[i] *= b.v[i];
  return a;
}
INLINE floats fma_(floats a, floats b, floats to) {
  EACH to.v[i] = fmaf(a.v[i], b.v[i], to.v[i]);
  return to;
}
INLINE floats divide(floats a, floats b) {
  EACH a.v[i] /= b.v[i];
  return a;
}
INLINE floats larger(floats a, floats b) {
  EACH a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
  return a;
}
INLINE floats smaller(floats a, floats b) {
  EACH a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
  return a;
}
INLINE floats times_power(floats x, floats n) {
  uint32_t bits[LANES], exponent[LANES];
  memcpy(bits, x.v, sizeof bits);
  memcpy(exponent, n.v, sizeof exponent);
  EACH bits[i] += exponent[i] << 23;
  memcpy(x.v, bits, sizeof bits);
  return x;
}

/* AVX2: two registers for sixteen lanes; with AVX-VNNI four products are one instruction. */
#include <immintrin.h>
#ifdef __AVXVNNI__
#define ISA "AVX-VNNI"
#else
#define ISA "AVX2"
#endif
#define TOKENS 4

typedef struct { __m256i a, b; } ints;
typedef struct { __m256 a, b; } floats;
typedef struct { __m256i a, b; } bytes;

INLINE bytes load_bytes(const uint8_t *p) {
  return (bytes){_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32))};
}
INLINE __m256i low4_(__m256i x) { return _mm256_and_si256(x, _mm256_set1_epi8(15)); }
INLINE bytes low4(bytes x) { return (bytes){low4_(x.a), low4_(x.b)}; }
INLINE bytes high4(bytes x) {
  return (bytes){low4_(_mm256_srli_epi16(x.a, 4)), low4_(_mm256_srli_epi16(x.b, 4))};
}
INLINE __m256i pair_(__m256i x, int n) {
  __m256i moved = n < 2 ? _mm256_slli_epi16(x, 4 - 2 * n) : _mm256_srli_epi16(x, 2 * n - 4);
  return _mm256_and_si256(moved, _mm256_set1_epi8(0x30));
}
INLINE bytes pair(bytes x, int n) { return (bytes){pair_(x.a, n), pair_(x.b, n)}; }
INLINE bytes either(bytes x, bytes y) {
  return (bytes){_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b)};
}

INLINE ints same_int(int32_t x) { return (ints){_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
INLINE __m256i dot4_(__m256i to, __m256i u, __m256i four) {
#ifdef __AVXVNNI__
  return _mm256_dpbusd_avx_epi32(to, u, four);
#else
  /* Weights have at most six bits: two products fit in 16 bits, nothing saturates. */
  __m256i two = _mm256_maddubs_epi16(u, four);
  return _mm256_add_epi32(to, _mm256_madd_epi16(two, _mm256_set1_epi16(1)));
#endif
}
INLINE ints dot4(ints to, bytes u, int32_t four) {
  __m256i x = _mm256_set1_epi32(four);
  return (ints){dot4_(to.a, u.a, x), dot4_(to.b, u.b, x)};
}
INLINE floats as_floats(ints x) { return (floats){_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)}; }

INLINE floats same(float x) { return (floats){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
INLINE floats load(const float *p) { return (floats){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
INLINE void store(float *p, floats x) {
  _mm256_storeu_ps(p, x.a);
  _mm256_storeu_ps(p + 8, x.b);
}
INLINE floats load_half(const uint16_t *p) {
  return (floats){_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)),
                  _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p + 8)))};
}
INLINE void store_half(uint16_t *p, floats x) {
  _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT));
  _mm_storeu_si128((__m128i *)(p + 8), _mm256_cvtps_ph(x.b, _MM_FROUND_TO_NEAREST_INT));
}
INLINE floats load_u8(const uint8_t *p) {
  __m128i x = _mm_loadu_si128((const __m128i *)p);
  return as_floats((ints){_mm256_cvtepu8_epi32(x), _mm256_cvtepu8_epi32(_mm_srli_si128(x, 8))});
}
INLINE floats load_s8(const int8_t *p) {
  __m128i x = _mm_loadu_si128((const __m128i *)p);
  return as_floats((ints){_mm256_cvtepi8_epi32(x), _mm256_cvtepi8_epi32(_mm_srli_si128(x, 8))});
}
INLINE floats add(floats x, floats y) { return (floats){_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
INLINE floats times(floats x, floats y) {
  return (floats){_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)};
}
INLINE floats fma_(floats x, floats y, floats to) {
  return (floats){_mm256_fmadd_ps(x.a, y.a, to.a), _mm256_fmadd_ps(x.b, y.b, to.b)};
}
INLINE floats divide(floats x, floats y) {
  return (floats){_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)};
}
INLINE floats larger(floats x, floats y) {
  return (floats){_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)};
}
INLINE floats smaller(floats x, floats y) {
  return (floats){_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)};
}
INLINE __m256 times_power_(__m256 x, __m256 n) {
  __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), exponent));
}
INLINE floats times_power(floats x, floats n) {
  return (floats){times_power_(x.a, n.a), times_power_(x.b, n.b)};
}

/* AVX-512 with VNNI: one register for sixteen lanes. */
#include <immintrin.h>
#define ISA "AVX-512 VNNI"
#define TOKENS 8 /* of one call of a kernel: as many sums as registers hold */

typedef __m512i ints;
typedef __m512 floats;
typedef __m512i bytes;

INLINE bytes load_bytes(const uint8_t *p) { return _mm512_loadu_si512(p); }
INLINE bytes low4(bytes x) { return _mm512_and_si512(x, _mm512_set1_epi8(15)); }
INLINE bytes high4(bytes x) { return low4(_mm512_srli_epi16(x, 4)); }
/* Bits 2n and 2n + 1 of each byte, as bits 4 and 5. */
INLINE bytes pair(bytes x, int n) {
  bytes moved = n < 2 ? _mm512_slli_epi16(x, 4 - 2 * n) : _mm512_srli_epi16(x, 2 * n - 4);
  return _mm512_and_si512(moved, _mm512_set1_epi8(0x30));
}
INLINE bytes either(bytes a, bytes b) { return _mm512_or_si512(a, b); }

INLINE ints same_int(int32_t x) { return _mm512_set1_epi32(x); }
/* To each lane: the products of its four unsigned bytes with four signed ones, the same for all. */
INLINE ints dot4(ints to, bytes u, int32_t four) {
  return _mm512_dpbusd_epi32(to, u, _mm512_set1_epi32(four));
}
INLINE floats as_floats(ints x) { return _mm512_cvtepi32_ps(x); }

INLINE floats same(float x) { return _mm512_set1_ps(x); }
INLINE floats load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void store(float *p, floats x) { _mm512_storeu_ps(p, x); }
INLINE floats load_half(const uint16_t *p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
INLINE void store_half(uint16_t *p, floats x) {
  _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}
INLINE floats load_u8(const uint8_t *p) {
  return as_floats(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
INLINE floats load_s8(const int8_t *p) {
  return as_floats(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
INLINE floats add(floats a, floats b) { return _mm512_add_ps(a, b); }
INLINE floats times(floats a, floats b) { return _mm512_mul_ps(a, b); }
INLINE floats fma_(floats a, floats b, floats to) { return _mm512_fmadd_ps(a, b, to); }
INLINE floats divide(floats a, floats b) { return _mm512_div_ps(a, b); }
INLINE floats larger(floats a, floats b) { return _mm512_max_ps(a, b); }
INLINE floats smaller(floats a, floats b) { return _mm512_min_ps(a, b); }
INLINE floats times_power(floats x, floats n) {
  return _mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_castps_si512(x), _mm512_slli_epi32(_mm512_castps_si512(n), 23)));
}

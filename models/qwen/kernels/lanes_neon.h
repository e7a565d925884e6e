/* NEON with dot products (Apple silicon, ARM servers): four registers for sixteen lanes. */
#include <arm_neon.h>
#define ISA "NEON dot product"
#define TOKENS 4
#define EACH for (int i = 0; i < 4; i++)

typedef struct { int32x4_t v[4]; } ints;
typedef struct { float32x4_t v[4]; } floats;
typedef struct { uint8x16_t v[4]; } bytes;

INLINE bytes load_bytes(const uint8_t *p) {
  bytes r;
  EACH r.v[i] = vld1q_u8(p + 16 * i);
  return r;
}
INLINE bytes low4(bytes x) {
  EACH x.v[i] = vandq_u8(x.v[i], vdupq_n_u8(15));
  return x;
}
INLINE bytes high4(bytes x) {
  EACH x.v[i] = vshrq_n_u8(x.v[i], 4);
  return x;
}
INLINE bytes pair(bytes x, int n) {
  EACH x.v[i] = vandq_u8(vshlq_u8(x.v[i], vdupq_n_s8((int8_t)(4 - 2 * n))), vdupq_n_u8(0x30));
  return x;
}
INLINE bytes either(bytes a, bytes b) {
  EACH a.v[i] = vorrq_u8(a.v[i], b.v[i]);
  return a;
}

INLINE ints same_int(int32_t x) {
  ints r;
  EACH r.v[i] = vdupq_n_s32(x);
  return r;
}
INLINE ints dot4(ints to, bytes u, int32_t four) {
  /* Weights have at most six bits, so they are the same numbers as signed bytes. */
  int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(four));
  EACH to.v[i] = vdotq_s32(to.v[i], vreinterpretq_s8_u8(u.v[i]), x);
  return to;
}
INLINE floats as_floats(ints x) {
  floats r;
  EACH r.v[i] = vcvtq_f32_s32(x.v[i]);
  return r;
}

INLINE floats same(float x) {
  floats r;
  EACH r.v[i] = vdupq_n_f32(x);
  return r;
}
INLINE floats load(const float *p) {
  floats r;
  EACH r.v[i] = vld1q_f32(p + 4 * i);
  return r;
}
INLINE void store(float *p, floats x) { EACH vst1q_f32(p + 4 * i, x.v[i]); }
INLINE floats load_half(const uint16_t *p) {
  floats r;
  EACH r.v[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)));
  return r;
}
INLINE void store_half(uint16_t *p, floats x) {
  EACH vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(x.v[i])));
}
INLINE floats load_u8(const uint8_t *p) {
  uint8x16_t x = vld1q_u8(p);
  uint16x8_t a = vmovl_u8(vget_low_u8(x)), b = vmovl_u8(vget_high_u8(x));
  return (floats){{vcvtq_f32_u32(vmovl_u16(vget_low_u16(a))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(a))),
                   vcvtq_f32_u32(vmovl_u16(vget_low_u16(b))), vcvtq_f32_u32(vmovl_u16(vget_high_u16(b)))}};
}
INLINE floats load_s8(const int8_t *p) {
  int8x16_t x = vld1q_s8(p);
  int16x8_t a = vmovl_s8(vget_low_s8(x)), b = vmovl_s8(vget_high_s8(x));
  return (floats){{vcvtq_f32_s32(vmovl_s16(vget_low_s16(a))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(a))),
                   vcvtq_f32_s32(vmovl_s16(vget_low_s16(b))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(b)))}};
}
INLINE floats add(floats a, floats b) {
  EACH a.v[i] = vaddq_f32(a.v[i], b.v[i]);
  return a;
}
INLINE floats times(floats a, floats b) {
  EACH a.v[i] = vmulq_f32(a.v[i], b.v[i]);
  return a;
}
INLINE floats fma_(floats a, floats b, floats to) {
  EACH to.v[i] = vfmaq_f32(to.v[i], a.v[i], b.v[i]);
  return to;
}
INLINE floats divide(floats a, floats b) {
  EACH a.v[i] = vdivq_f32(a.v[i], b.v[i]);
  return a;
}
INLINE floats larger(floats a, floats b) {
  EACH a.v[i] = vmaxq_f32(a.v[i], b.v[i]);
  return a;
}
INLINE floats smaller(floats a, floats b) {
  EACH a.v[i] = vminq_f32(a.v[i], b.v[i]);
  return a;
}
INLINE floats times_power(floats x, floats n) {
  EACH x.v[i] = vreinterpretq_f32_s32(vaddq_s32(
      vreinterpretq_s32_f32(x.v[i]), vshlq_n_s32(vreinterpretq_s32_f32(n.v[i]), 23)));
  return x;
}

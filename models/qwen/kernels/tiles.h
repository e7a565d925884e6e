/* Weights and activations as the kernels read them.
 *
 * A GGUF file keeps each row of a matrix in blocks of 256 columns. A tile is the same block of 16
 * rows, rearranged so that one load brings the same four columns of all rows: lane i belongs to row
 * i. No value changes. Tiles of a matrix stand row block by row block, each from left to right.
 *
 *   Q4_K  weight = d * scale[j] * q - dmin * min[j]      q in 0 … 15, j = column / 32
 *   Q6_K  weight = d * scale[j] * (q - 32)               q in 0 … 63, j = column / 16
 *   Q5_0  weight = d[j] * (q - 16)                       q in 0 … 31, j = column / 32
 *   Q8_0  weight = d[j] * (q - 128)                      q in 0 … 255 (the file has q - 128)
 *
 * The last two have blocks of 32 columns in the file. A tile has eight of them; those beyond the last
 * column are zero (d = 0), and so are the tokens' numbers there.
 */
#ifndef KEX_TILES_H
#define KEX_TILES_H
#include "lanes.h"

#define BLOCK 256 /* columns of a block */
#define Q4_BYTES 144 /* of one row's block in the file */
#define Q6_BYTES 210
#define SMALL 32 /* columns of a block of Q5_0 and Q8_0 */
#define Q5_BYTES 22
#define Q8_BYTES 34

/* Tiles of a row, the last of them perhaps filled up with zeros. */
static int blocks_of(int columns) { return (columns + BLOCK - 1) / BLOCK; }

typedef struct {
  /* Sub-block j, group g < 4, lane, column: low four bits for columns 4g …, high ones for 16 + 4g …
   */
  uint8_t q[8][4][64];
  uint8_t scale[8][LANES], min[8][LANES];
  uint16_t d[LANES], dmin[LANES]; /* half precision */
} Tile4;

typedef struct {
  /* Sub-block j: two vectors with the low four bits of groups 0 | 1 and 2 | 3, one with the high two
   * bits of all four groups. */
  uint8_t q[16][3][64];
  int8_t scale[16][LANES];
  uint16_t d[LANES];
  uint8_t unused[32]; /* tiles begin at multiples of 64 bytes */
} Tile6;

typedef struct {
  /* Sub-block j, group g < 4, lane, column: low four bits as in Tile4; then two vectors with the fifth
   * bit of groups 0 … 3 and 4 … 7, in two bits each. */
  uint8_t q[8][4][64], high[8][2][64];
  uint16_t d[8][LANES];
} Tile5;

typedef struct {
  uint8_t q[8][4][64], high[8][4][64]; /* low and high four bits, both as in Tile4 */
  uint16_t d[8][LANES];
} Tile8;

#define SHARED 64 /* numbers of a token that have one scale */
#define PARTS (BLOCK / SHARED)

/* 256 numbers of one token in eight bits: x = d[column / SHARED] * q. (llama.cpp has one scale for
 * all 256: one large number then takes precision from 255 others.) */
typedef struct {
  int8_t q[BLOCK];
  float d[PARTS], sum[8]; /* sum: d times the sum of 32 q */
  int32_t less32[16];     /* -32 times the sum of each 16 q: what Q6_K's offset takes off */
  float unused[4];
} Activation;

/* Rounds to nearest, halves to even. `columns` % 32 == 0. */
static void quantise(const float *x, Activation *to, int columns) {
  for (; columns > 0; columns -= BLOCK, x += BLOCK, to++) {
    int used = columns < BLOCK ? columns : BLOCK;
    memset(to, 0, sizeof *to);
    for (int part = 0; part < PARTS; part++) {
      int first = part * SHARED, end = first + SHARED < used ? first + SHARED : used;
      floats size = same(0);
      for (int i = first; i < end; i += LANES)
        size = larger(size, larger(load(x + i), times(load(x + i), same(-1))));
      float lane[LANES], largest = 0;
      store(lane, size);
      for (int i = 0; i < LANES; i++) largest = fmaxf(largest, lane[i]);
      float inverse = largest > 0 ? 127.0f / largest : 0;
      to->d[part] = largest / 127.0f;
      for (int i = first; i < end; i += LANES) {
        store(lane, nearest(times(load(x + i), same(inverse))));
        int total = 0;
        for (int k = 0; k < LANES; k++) {
          int q = (int)lane[k];
          to->q[i + k] = (int8_t)q;
          total += q;
        }
        to->less32[i / LANES] = -32 * total;
      }
    }
    for (int j = 0; j < 8; j++)
      to->sum[j] = to->d[j * SMALL / SHARED] *
                   (float)(-(to->less32[2 * j] + to->less32[2 * j + 1]) / 32);
  }
}

/* Scale and minimum j of a Q4_K block: six bits each, packed in twelve bytes. */
static void scale_and_min(const uint8_t *packed, int j, uint8_t *scale, uint8_t *min) {
  if (j < 4) {
    *scale = packed[j] & 63;
    *min = packed[j + 4] & 63;
  } else {
    *scale = (uint8_t)((packed[j + 4] & 15) | ((packed[j - 4] >> 6) << 4));
    *min = (uint8_t)((packed[j + 4] >> 4) | ((packed[j] >> 6) << 4));
  }
}

/* Columns 0 … 255 of a Q4_K block as 0 … 15. */
static void unpack4(const uint8_t *block, uint8_t *q) {
  const uint8_t *packed = block + 16;
  for (int j = 0; j < 8; j++)
    for (int i = 0; i < 32; i++) {
      uint8_t two = packed[(j / 2) * 32 + i];
      q[32 * j + i] = j % 2 ? two >> 4 : two & 15;
    }
}

/* Columns 0 … 255 of a Q6_K block as 0 … 63. */
static void unpack6(const uint8_t *block, uint8_t *q) {
  for (int half = 0; half < 2; half++) {
    const uint8_t *low = block + 64 * half, *high = block + 128 + 32 * half;
    for (int i = 0; i < 32; i++) {
      uint8_t *to = q + 128 * half + i;
      to[0] = (uint8_t)((low[i] & 15) | ((high[i] & 3) << 4));
      to[32] = (uint8_t)((low[i + 32] & 15) | (((high[i] >> 2) & 3) << 4));
      to[64] = (uint8_t)((low[i] >> 4) | (((high[i] >> 4) & 3) << 4));
      to[96] = (uint8_t)((low[i + 32] >> 4) | ((high[i] >> 6) << 4));
    }
  }
}

/* `source`: the matrix as it stands in the file. `rows` % 16 == 0, `columns` % 256 == 0. */
static void tile4(const uint8_t *source, int rows, int columns, Tile4 *to) {
  int blocks = columns / BLOCK;
  for (int r = 0; r < rows / LANES; r++)
    for (int b = 0; b < blocks; b++, to++) {
      memset(to, 0, sizeof *to);
      for (int lane = 0; lane < LANES; lane++) {
        const uint8_t *block = source + ((size_t)(r * LANES + lane) * blocks + b) * Q4_BYTES;
        uint8_t q[BLOCK];
        unpack4(block, q);
        memcpy(&to->d[lane], block, 2);
        memcpy(&to->dmin[lane], block + 2, 2);
        for (int j = 0; j < 8; j++) {
          scale_and_min(block + 4, j, &to->scale[j][lane], &to->min[j][lane]);
          for (int i = 0; i < 32; i++) {
            int group = i / 4, bits = group < 4 ? q[32 * j + i] : q[32 * j + i] << 4;
            to->q[j][group % 4][4 * lane + i % 4] |= (uint8_t)bits;
          }
        }
      }
    }
}

static void tile6(const uint8_t *source, int rows, int columns, Tile6 *to) {
  int blocks = columns / BLOCK;
  for (int r = 0; r < rows / LANES; r++)
    for (int b = 0; b < blocks; b++, to++) {
      memset(to, 0, sizeof *to);
      for (int lane = 0; lane < LANES; lane++) {
        const uint8_t *block = source + ((size_t)(r * LANES + lane) * blocks + b) * Q6_BYTES;
        uint8_t q[BLOCK];
        unpack6(block, q);
        memcpy(&to->d[lane], block + 208, 2);
        for (int j = 0; j < 16; j++) {
          to->scale[j][lane] = (int8_t)block[192 + j];
          for (int i = 0; i < 16; i++) {
            uint8_t x = q[16 * j + i];
            int group = i / 4, at = 4 * lane + i % 4;
            to->q[j][group / 2][at] |= (uint8_t)(group % 2 ? (x & 15) << 4 : x & 15);
            to->q[j][2][at] |= (uint8_t)((x >> 4) << (2 * group));
          }
        }
      }
    }
}

/* Columns 0 … 31 of a Q5_0 block as 0 … 31. */
static void unpack5(const uint8_t *block, uint8_t *q) {
  uint32_t fifth;
  memcpy(&fifth, block + 2, 4);
  for (int i = 0; i < SMALL / 2; i++) {
    uint8_t two = block[6 + i];
    q[i] = (uint8_t)((two & 15) | ((fifth >> i & 1) << 4));
    q[i + SMALL / 2] = (uint8_t)((two >> 4) | ((fifth >> (i + SMALL / 2) & 1) << 4));
  }
}

/* Columns 0 … 31 of a Q8_0 block as 0 … 255. */
static void unpack8(const uint8_t *block, uint8_t *q) {
  for (int i = 0; i < SMALL; i++) q[i] = block[2 + i] ^ 128;
}

/* Calls `put` for each block of 32 columns: tile, sub-block, lane, and the block in the file. */
typedef void (*Put)(void *tile, int j, int lane, const uint8_t *block);
static void tile_small(const uint8_t *source, int rows, int columns, size_t bytes, void *to,
                       size_t tile, Put put) {
  int blocks = blocks_of(columns), small = columns / SMALL;
  memset(to, 0, tile * (size_t)(rows / LANES) * blocks);
  for (int row = 0; row < rows; row++)
    for (int b = 0; b < small; b++) {
      size_t at = (size_t)(row / LANES) * blocks + b / 8;
      put((char *)to + at * tile, b % 8, row % LANES, source + ((size_t)row * small + b) * bytes);
    }
}

static void put_low(uint8_t to[4][64], int lane, const uint8_t *low) {
  for (int i = 0; i < SMALL; i++) {
    int group = i / 4, bits = group < 4 ? low[i] & 15 : (low[i] & 15) << 4;
    to[group % 4][4 * lane + i % 4] |= (uint8_t)bits;
  }
}

static void put5(void *tile, int j, int lane, const uint8_t *block) {
  Tile5 *to = tile;
  uint8_t q[SMALL];
  unpack5(block, q);
  memcpy(&to->d[j][lane], block, 2);
  put_low(to->q[j], lane, q);
  for (int i = 0; i < SMALL; i++) {
    int group = i / 4;
    to->high[j][group / 4][4 * lane + i % 4] |= (uint8_t)((q[i] >> 4) << (2 * (group % 4)));
  }
}

static void put8(void *tile, int j, int lane, const uint8_t *block) {
  Tile8 *to = tile;
  uint8_t q[SMALL], high[SMALL];
  unpack8(block, q);
  for (int i = 0; i < SMALL; i++) high[i] = q[i] >> 4;
  memcpy(&to->d[j][lane], block, 2);
  put_low(to->q[j], lane, q);
  put_low(to->high[j], lane, high);
}

/* One row of a Q5_0 or Q8_0 matrix as numbers: `least` is what stands for zero. */
static void row_small(const uint8_t *source, int columns, size_t bytes, int least,
                      void (*unpack)(const uint8_t *, uint8_t *), float *to) {
  for (int b = 0; b < columns / SMALL; b++, source += bytes, to += SMALL) {
    uint16_t halves[LANES] = {0};
    float d[LANES];
    uint8_t q[SMALL];
    memcpy(halves, source, 2);
    store(d, load_half(halves));
    unpack(source, q);
    for (int i = 0; i < SMALL; i++) to[i] = d[0] * (float)(q[i] - least);
  }
}

/* One row of a Q4_K matrix as numbers: a token's embedding. */
static void row4(const uint8_t *source, int columns, float *to) {
  for (int b = 0; b < columns / BLOCK; b++, source += Q4_BYTES, to += BLOCK) {
    uint16_t halves[LANES] = {0};
    float d[LANES];
    uint8_t q[BLOCK], scale, min;
    memcpy(halves, source, 4);
    store(d, load_half(halves));
    unpack4(source, q);
    for (int j = 0; j < 8; j++) {
      scale_and_min(source + 4, j, &scale, &min);
      for (int i = 32 * j; i < 32 * j + 32; i++) to[i] = d[0] * scale * q[i] - d[1] * min;
    }
  }
}
#endif

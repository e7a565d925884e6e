/* Products of one matrix, for machines that run under an emulator: the kernels without Python.
 *
 * Input: four int32 (type, rows, columns, tokens), the matrix as in the file, the tokens as floats.
 * Output: tokens * rows floats. */
#include <stdio.h>
#include "../../../models/qwen/kernels/engine.c"

static void *filled(size_t bytes) {
  void *p = NULL;
  if (posix_memalign(&p, 64, bytes) || fread(p, 1, bytes, stdin) != bytes) exit(2);
  return p;
}

int main(void) {
  int32_t *head = filled(4 * sizeof(int32_t));
  int type = head[0], rows = head[1], columns = head[2], tokens = head[3];
  size_t blocks = (size_t)rows * blocks_of(columns), small = (size_t)rows * columns / SMALL;
  size_t bytes = type == Q4_K   ? blocks * Q4_BYTES
                 : type == Q6_K ? blocks * Q6_BYTES
                 : type == Q5_0 ? small * Q5_BYTES
                                : small * Q8_BYTES;
  uint8_t *source = filled(bytes);
  float *x = filled(sizeof(float) * (size_t)tokens * columns);
  void *tiles = NULL;
  float *to = malloc(sizeof(float) * (size_t)tokens * rows);
  if (posix_memalign(&tiles, 64, blocks / LANES * kex_tile_bytes(type))) return 2;
  kex_tile(type, source, rows, columns, tiles);
  kex_multiply(type, tiles, rows, columns, x, tokens, to);
  fwrite(to, sizeof(float), (size_t)tokens * rows, stdout);
  fprintf(stderr, "%s\n", kex_isa());
  return 0;
}

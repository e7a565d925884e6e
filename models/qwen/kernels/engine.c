/* A Qwen2 network on the CPU: token ids in, logits out.
 *
 * One source file for the compiler; models/qwen/library.py builds it and is the only caller. A batch
 * is any mix of tokens: pieces of prompts, single steps, drafts to verify, of several sequences.
 * What a token gets does not depend on what else is in its batch. Memory of weights belongs to the
 * caller and outlives the network.
 */
#include <stddef.h>
#include "lanes.h"
#include "pool.h"
#include "products.h"
#include "tiles.h"

#define MAX_BATCH 256  /* tokens of one call of kex_forward */
#define MAX_RANK 64
#define MAX_ADAPTERS 4
#define MOST_OUTPUTS 3  /* matrices of one input: query, key and value */

enum { QUERY, KEY, VALUE, ATTENDED, GATE, UP, DOWN, MATRICES };

/* An adapter's part of a matrix: y += b (scale * a x). */
typedef struct {
  const uint16_t *a; /* half precision [rank][columns] */
  const uint16_t *b; /* half precision [rows / 16][rank][16] */
  int rank;
  float scale;
} LowRank;

typedef struct {
  int type, rows, columns;
  const void *tiles;
  const float *bias; /* [rows], or NULL */
  LowRank low[MAX_ADAPTERS];
} Matrix;

typedef struct {
  Matrix matrix[MATRICES];
  const float *norm_before_attention, *norm_before_mlp; /* [width] */
} Layer;

typedef struct {
  int layers, width, inner, heads, key_heads, head, vocabulary, context, sequences, threads;
  float rope_base, epsilon;
} Shape;

typedef struct {
  Shape shape;
  Layer *layer;
  Matrix output;
  const float *output_norm;
  const uint8_t *embeddings; /* rows as they stand in the file */
  int embeddings_type;
  /* Half precision. values: [sequence][layer][position][key_heads * head]. keys: the same, but 16
   * positions lie side by side, [position / 16][key_heads * head][16], so that a lane is a position. */
  uint16_t *keys, *values;
  float *cosine, *sine;      /* [context][head / 2] */
  /* Of a batch: [MAX_BATCH][…] */
  float *x, *normed, *query, *key, *value, *attended, *gate, *up, *chosen, *scores;
  float *low; /* [MOST_OUTPUTS][MAX_BATCH][MAX_RANK] */
  Activation *narrow, *wide;
  Pool *pool;
} Net;

/* The batch of a call, for all jobs of it. */
typedef struct {
  Net *net;
  int layer, tokens;
  const int32_t *positions, *sequences, *adapters;
} Batch;

/* Matrix times batch */

/* Up to three matrices with the same input: one round of the threads instead of three. */
typedef struct {
  Net *net;
  int count;
  const Matrix *matrix[MOST_OUTPUTS];
  float *to[MOST_OUTPUTS]; /* [tokens][rows] */
  const Activation *x;     /* quantised */
  const float *exact;      /* the same, for adapters */
  const int32_t *adapters;
  int tokens, added; /* added: to what `to` holds */
  int used_count, used[MAX_ADAPTERS]; /* adapters that tokens of the batch have */
  int parts;                          /* of RANKS rows each, in the largest of them */
} Product;

static float *low_of(const Product *p, int output, int token) {
  return p->net->low + ((size_t)output * MAX_BATCH + token) * MAX_RANK;
}

#define RANKS 4 /* rows of a that a job multiplies with NEAR tokens: their sums fit in registers */
#define NEAR 4

/* scale a x for some tokens and rows of a: job number = (tokens, output, adapter, rows). So the numbers
 * of a token are read by jobs that follow each other, while a cache has them. */
static void low_rank(void *data, int number) {
  Product *p = data;
  int row = number % p->parts * RANKS, adapter = p->used[number / p->parts % p->used_count];
  number /= p->parts * p->used_count;
  int output = number % p->count, first = number / p->count * NEAR;
  int columns = p->matrix[output]->columns;
  const LowRank *low = &p->matrix[output]->low[adapter];
  if (row >= low->rank) return;
  const uint16_t *a[RANKS];
  const float *x[NEAR];
  for (int r = 0; r < RANKS; r++) /* the last row again where there are fewer */
    a[r] = low->a + (size_t)(row + r < low->rank ? row + r : low->rank - 1) * columns;
  int tokens = p->tokens - first < NEAR ? p->tokens - first : NEAR;
  for (int t = 0; t < tokens; t++) x[t] = p->exact + (size_t)(first + t) * columns;
  floats total[NEAR][RANKS];
  for (int t = 0; t < NEAR; t++)
    for (int r = 0; r < RANKS; r++) total[t][r] = same(0);
  if (tokens == NEAR) {
    for (int i = 0; i < columns; i += LANES) {
      floats numbers[NEAR];
      for (int t = 0; t < NEAR; t++) numbers[t] = load(x[t] + i);
      for (int r = 0; r < RANKS; r++) {
        floats sixteen = load_half(a[r] + i);
        for (int t = 0; t < NEAR; t++) total[t][r] = fma_(sixteen, numbers[t], total[t][r]);
      }
    }
  } else {
    for (int t = 0; t < tokens; t++)
      for (int i = 0; i < columns; i += LANES) {
        floats numbers = load(x[t] + i);
        for (int r = 0; r < RANKS; r++)
          total[t][r] = fma_(load_half(a[r] + i), numbers, total[t][r]);
      }
  }
  for (int t = 0; t < tokens; t++)
    if (p->adapters[first + t] == adapter)
      for (int r = 0; r < RANKS && row + r < low->rank; r++)
        low_of(p, output, first + t)[row + r] = low->scale * sum(total[t][r]);
}

/* `sums[t]` += b times what low_rank found, for the tokens of one call of a kernel. */
INLINE void add_low_rank(const Product *p, int output, int adapter, int r, int first, int tokens,
                         floats *sums) {
  const LowRank *low = &p->matrix[output]->low[adapter];
  const uint16_t *b = low->b + (size_t)r * low->rank * LANES;
  for (int k = 0; k < low->rank; k++) {
    floats sixteen = load_half(b + k * LANES);
    for (int t = 0; t < tokens; t++)
      if (p->adapters[first + t] == adapter)
        sums[t] = fma_(sixteen, same(low_of(p, output, first + t)[k]), sums[t]);
  }
}

static void sixteen_rows(void *data, int r) {
  Product *p = data;
  int output = 0;
  while (r >= p->matrix[output]->rows / LANES) r -= p->matrix[output++]->rows / LANES;
  const Matrix *m = p->matrix[output];
  int blocks = blocks_of(m->columns), calls = (p->tokens + TOKENS - 1) / TOKENS;
  floats bias = m->bias ? load(m->bias + r * LANES) : same(0);
  for (int call = 0, first = 0; call < calls; call++) {
    /* Ten tokens are five and five, not eight and two. */
    int tokens = (p->tokens - first + calls - call - 1) / (calls - call);
    floats sums[TOKENS];
    for (int t = 0; t < tokens; t++) sums[t] = bias;
    product(m->type, m->tiles, r, blocks, p->x + (size_t)first * blocks, (size_t)blocks, tokens, sums);
    for (int u = 0; u < p->used_count; u++)
      add_low_rank(p, output, p->used[u], r, first, tokens, sums);
    for (int t = 0; t < tokens; t++) {
      float *to = p->to[output] + (size_t)(first + t) * m->rows + r * LANES;
      store(to, p->added ? add(sums[t], load(to)) : sums[t]);
    }
    first += tokens;
  }
}

static void multiply(Product *p) {
  int groups = 0, rank[MAX_ADAPTERS] = {0};
  for (int output = 0; output < p->count; output++) {
    groups += p->matrix[output]->rows / LANES;
    for (int t = 0; t < p->tokens; t++) {
      int adapter = p->adapters[t], own = adapter < 0 ? 0 : p->matrix[output]->low[adapter].rank;
      if (own > (adapter < 0 ? 0 : rank[adapter])) rank[adapter] = own;
    }
  }
  p->used_count = p->parts = 0;
  for (int adapter = 0; adapter < MAX_ADAPTERS; adapter++) {
    if (!rank[adapter]) continue;
    p->used[p->used_count++] = adapter;
    int parts = (rank[adapter] + RANKS - 1) / RANKS;
    if (parts > p->parts) p->parts = parts;
  }
  int near = (p->tokens + NEAR - 1) / NEAR;
  if (p->used_count)
    share_out(p->net->pool, low_rank, p, near * p->count * p->used_count * p->parts, 1);
  share_out(p->net->pool, sixteen_rows, p, groups, groups >= 512 ? 16 : groups >= 64 ? 4 : 1);
}

/* What happens to each token alone */

/* RMS norm: x / sqrt(mean of squares + epsilon) * weight. */
static void norm(const Net *net, const float *x, const float *weight, float *to, Activation *narrow) {
  int width = net->shape.width;
  floats squares = same(0);
  for (int i = 0; i < width; i += LANES) squares = fma_(load(x + i), load(x + i), squares);
  float factor = 1.0f / sqrtf(sum(squares) / (float)width + net->shape.epsilon);
  for (int i = 0; i < width; i += LANES)
    store(to + i, times(times(load(x + i), same(factor)), load(weight + i)));
  quantise(to, narrow, width);
}

#define ROW(pointer, width) ((pointer) + (size_t)token * (size_t)(width))

static void before_attention(void *data, int token) {
  Batch *b = data;
  Net *n = b->net;
  int width = n->shape.width;
  norm(n, ROW(n->x, width), n->layer[b->layer].norm_before_attention, ROW(n->normed, width),
       ROW(n->narrow, blocks_of(width)));
}

static void before_mlp(void *data, int token) {
  Batch *b = data;
  Net *n = b->net;
  int width = n->shape.width;
  norm(n, ROW(n->x, width), n->layer[b->layer].norm_before_mlp, ROW(n->normed, width),
       ROW(n->narrow, blocks_of(width)));
}

static void after_attention(void *data, int token) {
  Net *n = ((Batch *)data)->net;
  int width = n->shape.width;
  quantise(ROW(n->attended, width), ROW(n->narrow, blocks_of(width)), width);
}

/* SwiGLU: gate * sigmoid(gate) * up, a block of 256 of one token. */
static void activate(void *data, int number) {
  Net *n = ((Batch *)data)->net;
  float *gate = n->gate + (size_t)number * BLOCK, *up = n->up + (size_t)number * BLOCK;
  for (int i = 0; i < BLOCK; i += LANES) {
    floats x = load(gate + i), below = add(same(1), exp_(times(x, same(-1))));
    store(gate + i, times(divide(x, below), load(up + i)));
  }
  quantise(gate, n->wide + number, BLOCK);
}

static void rotate(float *x, int heads, int head, const float *cosine, const float *sine) {
  for (int h = 0; h < heads; h++, x += head)
    for (int i = 0; i < head / 2; i++) {
      float a = x[i], b = x[i + head / 2];
      x[i] = a * cosine[i] - b * sine[i];
      x[i + head / 2] = a * sine[i] + b * cosine[i];
    }
}

/* Positions of a sequence that there is room for. */
static int positions_of(const Shape *s) { return (s->context + LANES - 1) / LANES * LANES; }

static size_t cache_at(const Net *n, int sequence, int layer, int position) {
  const Shape *s = &n->shape;
  size_t row = ((size_t)sequence * s->layers + layer) * positions_of(s) + position;
  return row * s->key_heads * s->head;
}

/* Rotary positions, and the token's key and value into the cache. */
static void remember(void *data, int token) {
  Batch *b = data;
  Net *n = b->net;
  const Shape *s = &n->shape;
  int width = s->key_heads * s->head, position = b->positions[token];
  const float *cosine = n->cosine + (size_t)position * s->head / 2;
  const float *sine = n->sine + (size_t)position * s->head / 2;
  rotate(ROW(n->query, s->heads * s->head), s->heads, s->head, cosine, sine);
  rotate(ROW(n->key, width), s->key_heads, s->head, cosine, sine);
  uint16_t *values = n->values + cache_at(n, b->sequences[token], b->layer, position);
  uint16_t *keys = n->keys + cache_at(n, b->sequences[token], b->layer, position / LANES * LANES);
  for (int i = 0; i < width; i += LANES) {
    uint16_t key[LANES];
    store_half(key, load(ROW(n->key, width) + i));
    for (int c = 0; c < LANES; c++) keys[(size_t)(i + c) * LANES + position % LANES] = key[c];
    store_half(values + i, load(ROW(n->value, width) + i));
  }
}

/* `score[0 … count - 1]` = e^score / their sum; up to the next multiple of 16 it becomes 0. */
static void softmax(float *score, int count) {
  floats most = same(-INFINITY), total = same(0);
  float lane[LANES];
  for (int i = count; i % LANES; i++) score[i] = -INFINITY;
  for (int i = 0; i < count; i += LANES) most = larger(most, load(score + i));
  store(lane, most);
  for (int i = 1; i < LANES; i++) lane[0] = fmaxf(lane[0], lane[i]);
  for (int i = 0; i < count; i += LANES)
    store(score + i, exp_(add(load(score + i), same(-lane[0]))));
  for (int i = count; i % LANES; i++) score[i] = 0; /* exp_ stops at e^-87 */
  for (int i = 0; i < count; i += LANES) total = add(total, load(score + i));
  floats sums = same(sum(total));
  for (int i = 0; i < count; i += LANES) store(score + i, divide(load(score + i), sums));
}

#define HEADS 6 /* query heads whose sums are in registers at a time */

/* One token and one key head: up to HEADS query heads of its group over all positions so far. */
INLINE void attend_heads(const Net *n, const uint16_t *keys, const uint16_t *values, const float *query,
                         int heads, int count, float *score, float *to) {
  const Shape *s = &n->shape;
  int width = s->key_heads * s->head;
  size_t line = (size_t)positions_of(s);
  floats factor = same(1.0f / sqrtf((float)s->head));
  for (int i = 0; i < count; i += LANES) {
    const uint16_t *sixteen = keys + (size_t)i * width;
    floats dot[HEADS];
    for (int h = 0; h < heads; h++) dot[h] = same(0);
    for (int c = 0; c < s->head; c++) {
      floats k = load_half(sixteen + (size_t)c * LANES);
      for (int h = 0; h < heads; h++) dot[h] = fma_(k, same(query[h * s->head + c]), dot[h]);
    }
    for (int h = 0; h < heads; h++) store(score + h * line + i, times(dot[h], factor));
  }
  for (int h = 0; h < heads; h++) softmax(score + h * line, count);
  for (int c = 0; c < s->head; c += LANES) {
    floats mean[HEADS];
    for (int h = 0; h < heads; h++) mean[h] = same(0);
    for (int i = 0; i < count; i++) {
      floats v = load_half(values + (size_t)i * width + c);
      for (int h = 0; h < heads; h++) mean[h] = fma_(v, same(score[h * line + i]), mean[h]);
    }
    for (int h = 0; h < heads; h++) store(to + h * s->head + c, mean[h]);
  }
}

/* One token and one key head: the query heads of its group. */
static void attend(void *data, int number) {
  Batch *b = data;
  Net *n = b->net;
  const Shape *s = &n->shape;
  int token = number / s->key_heads, key_head = number % s->key_heads;
  int group = s->heads / s->key_heads, count = b->positions[token] + 1;
  size_t at = cache_at(n, b->sequences[token], b->layer, 0);
  const uint16_t *keys = n->keys + at + (size_t)key_head * s->head * LANES;
  const uint16_t *values = n->values + at + (size_t)key_head * s->head;
  size_t first = ((size_t)token * s->heads + (size_t)key_head * group) * s->head;
  float *score = n->scores + (size_t)number * HEADS * positions_of(s);
  for (int h = 0; h < group; h += HEADS) {
    size_t from = first + (size_t)h * s->head;
    if (group - h >= HEADS)
      attend_heads(n, keys, values, n->query + from, HEADS, count, score, n->attended + from);
    else
      attend_heads(n, keys, values, n->query + from, group - h, count, score, n->attended + from);
  }
}

static void run_layer(Batch *b) {
  Net *n = b->net;
  Matrix *m = n->layer[b->layer].matrix;
  Product inner = {n, 3, {&m[QUERY], &m[KEY], &m[VALUE]}, {n->query, n->key, n->value},
                   n->narrow, n->normed, b->adapters, b->tokens, 0, 0};
  Product mixed = {n, 1, {&m[ATTENDED]}, {n->x}, n->narrow, n->attended, b->adapters, b->tokens, 1, 0};
  Product outer = {n, 2, {&m[GATE], &m[UP]}, {n->gate, n->up},
                   n->narrow, n->normed, b->adapters, b->tokens, 0, 0};
  Product down = {n, 1, {&m[DOWN]}, {n->x}, n->wide, n->gate, b->adapters, b->tokens, 1, 0};
  share_out(n->pool, before_attention, b, b->tokens, 1);
  multiply(&inner);
  share_out(n->pool, remember, b, b->tokens, 1);
  share_out(n->pool, attend, b, b->tokens * n->shape.key_heads, 1);
  share_out(n->pool, after_attention, b, b->tokens, 1);
  multiply(&mixed);
  share_out(n->pool, before_mlp, b, b->tokens, 1);
  multiply(&outer);
  share_out(n->pool, activate, b, b->tokens * (n->shape.inner / BLOCK), 4);
  multiply(&down);
}

/* What Python calls */

const char *kex_isa(void) { return ISA; }
int kex_max_batch(void) { return MAX_BATCH; }

/* Of 16 rows and 256 columns; 0 for a type that is not known. */
size_t kex_tile_bytes(int type) {
  switch (type) {
    case Q4_K: return sizeof(Tile4);
    case Q6_K: return sizeof(Tile6);
    case Q5_0: return sizeof(Tile5);
    case Q8_0: return sizeof(Tile8);
  }
  return 0;
}

/* 0 for a type that is not known. */
int kex_tile(int type, const uint8_t *source, int rows, int columns, void *to) {
  if (type == Q4_K)
    tile4(source, rows, columns, to);
  else if (type == Q6_K)
    tile6(source, rows, columns, to);
  else if (type == Q5_0)
    tile_small(source, rows, columns, Q5_BYTES, to, sizeof(Tile5), put5);
  else if (type == Q8_0)
    tile_small(source, rows, columns, Q8_BYTES, to, sizeof(Tile8), put8);
  else
    return 0;
  return 1;
}

/* Matrix times `tokens` vectors of `columns` numbers, on one thread: for tests and the self-test. */
void kex_multiply(int type, const void *tiles, int rows, int columns, const float *x, int tokens,
                  float *to) {
  Pool alone = {.threads = 1};
  Net net = {.pool = &alone};
  int32_t adapters[MAX_BATCH];
  memset(adapters, -1, sizeof adapters);
  size_t blocks = (size_t)blocks_of(columns);
  Activation *narrow = malloc(sizeof *narrow * blocks * tokens);
  for (int t = 0; t < tokens; t++)
    quantise(x + (size_t)t * columns, narrow + t * blocks, columns);
  Matrix matrix = {type, rows, columns, tiles, NULL, {{0}}};
  Product only = {&net, 1, {&matrix}, {to}, narrow, x, adapters, tokens, 0, 0};
  multiply(&only);
  free(narrow);
}

/* e^x of `count` numbers, a multiple of 16: for tests and the self-test. */
void kex_exp(const float *x, int count, float *to) {
  for (int i = 0; i < count; i += LANES) store(to + i, exp_(load(x + i)));
}

void kex_close(Net *n) {
  if (!n) return;
  if (n->pool) close_pool(n->pool);
  void *parts[] = {n->layer, n->keys,  n->values, n->cosine, n->sine,   n->x,      n->normed, n->query,
                   n->key,   n->value, n->attended, n->gate, n->up,     n->chosen, n->scores, n->low,
                   n->narrow, n->wide};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
  free(n);
}

static void *room(size_t count, size_t size, int *failed) {
  void *p = NULL;
  if (posix_memalign(&p, 64, count * size)) *failed = 1;
  return p;
}
#define ROOM(field, count) n->field = room((size_t)(count), sizeof *n->field, &failed)

/* NULL where memory or threads are lacking. Pages of the cache take memory once they are written. */
Net *kex_open(const Shape *shape) {
  Net *n = calloc(1, sizeof *n);
  if (!n) return NULL;
  n->shape = *shape;
  const Shape *s = &n->shape;
  int failed = 0, keys = s->key_heads * s->head;
  n->layer = calloc((size_t)s->layers, sizeof *n->layer);
  size_t cached = (size_t)s->sequences * s->layers * positions_of(s) * keys;
  ROOM(keys, cached);
  ROOM(values, cached);
  ROOM(cosine, (size_t)s->context * s->head / 2);
  ROOM(sine, (size_t)s->context * s->head / 2);
  ROOM(x, (size_t)MAX_BATCH * s->width);
  ROOM(normed, (size_t)MAX_BATCH * s->width);
  ROOM(query, (size_t)MAX_BATCH * s->width);
  ROOM(key, (size_t)MAX_BATCH * keys);
  ROOM(value, (size_t)MAX_BATCH * keys);
  ROOM(attended, (size_t)MAX_BATCH * s->width);
  ROOM(gate, (size_t)MAX_BATCH * s->inner);
  ROOM(up, (size_t)MAX_BATCH * s->inner);
  ROOM(chosen, (size_t)MAX_BATCH * s->width);
  ROOM(scores, (size_t)MAX_BATCH * s->key_heads * HEADS * positions_of(s));
  ROOM(low, (size_t)MOST_OUTPUTS * MAX_BATCH * MAX_RANK);
  ROOM(narrow, (size_t)MAX_BATCH * blocks_of(s->width));
  ROOM(wide, (size_t)MAX_BATCH * s->inner / BLOCK);
  n->pool = open_pool(s->threads);
  if (failed || !n->layer || !n->pool) {
    kex_close(n);
    return NULL;
  }
  for (int p = 0; p < s->context; p++)
    for (int i = 0; i < s->head / 2; i++) {
      double angle = p * pow((double)s->rope_base, -2.0 * i / s->head);
      n->cosine[(size_t)p * s->head / 2 + i] = (float)cos(angle);
      n->sine[(size_t)p * s->head / 2 + i] = (float)sin(angle);
    }
  return n;
}

static Matrix *matrix_of(Net *n, int layer, int which) {
  return layer < 0 ? &n->output : &n->layer[layer].matrix[which];
}

/* `layer` -1 is the output matrix. */
void kex_set_matrix(Net *n, int layer, int which, int type, int rows, int columns, const void *tiles,
                    const float *bias) {
  Matrix matrix = {type, rows, columns, tiles, bias, {{0}}};
  *matrix_of(n, layer, which) = matrix;
}

void kex_set_norm(Net *n, int layer, int which, const float *weight) {
  if (layer < 0)
    n->output_norm = weight;
  else if (which)
    n->layer[layer].norm_before_mlp = weight;
  else
    n->layer[layer].norm_before_attention = weight;
}

void kex_set_embeddings(Net *n, int type, const uint8_t *rows) {
  n->embeddings = rows;
  n->embeddings_type = type;
}

void kex_set_low_rank(Net *n, int adapter, int layer, int which, const uint16_t *a,
                      const uint16_t *b, int rank, float scale) {
  LowRank low = {a, b, rank, scale};
  matrix_of(n, layer, which)->low[adapter] = low;
}

/* The first `count` positions of one sequence also for another, and what is beside the last of them,
 * which is written before it is read. */
void kex_copy(Net *n, int from, int to, int count) {
  count = (count + LANES - 1) / LANES * LANES;
  size_t bytes = sizeof(uint16_t) * count * n->shape.key_heads * n->shape.head;
  for (int l = 0; l < n->shape.layers; l++) {
    memcpy(n->keys + cache_at(n, to, l, 0), n->keys + cache_at(n, from, l, 0), bytes);
    memcpy(n->values + cache_at(n, to, l, 0), n->values + cache_at(n, from, l, 0), bytes);
  }
}

static void output_norm(void *data, int token) {
  Net *n = ((Batch *)data)->net;
  int width = n->shape.width;
  norm(n, ROW(n->chosen, width), n->output_norm, ROW(n->normed, width), ROW(n->narrow, blocks_of(width)));
}

static void embed(const Net *n, int32_t id, float *to) {
  int width = n->shape.width;
  size_t row = (size_t)id;
  if (n->embeddings_type == Q5_0)
    row_small(n->embeddings + row * (width / SMALL) * Q5_BYTES, width, Q5_BYTES, 16, unpack5, to);
  else if (n->embeddings_type == Q8_0)
    row_small(n->embeddings + row * (width / SMALL) * Q8_BYTES, width, Q8_BYTES, 128, unpack8, to);
  else
    row4(n->embeddings + row * (width / BLOCK) * Q4_BYTES, width, to);
}

/* Run `tokens` ≤ MAX_BATCH tokens. `adapters[t]` -1 is none. `logits` [wanted_count][vocabulary] gets
 * those after the tokens whose numbers `wanted` lists. */
void kex_forward(Net *n, int tokens, const int32_t *ids, const int32_t *positions,
                 const int32_t *sequences, const int32_t *adapters, int wanted_count,
                 const int32_t *wanted, float *logits) {
  int width = n->shape.width;
  for (int t = 0; t < tokens; t++) embed(n, ids[t], n->x + (size_t)t * width);
  Batch b = {n, 0, tokens, positions, sequences, adapters};
  for (b.layer = 0; b.layer < n->shape.layers; b.layer++) run_layer(&b);
  if (!wanted_count) return;
  for (int i = 0; i < wanted_count; i++)
    memcpy(n->chosen + (size_t)i * width, n->x + (size_t)wanted[i] * width, sizeof(float) * width);
  int32_t none[MAX_BATCH];
  memset(none, -1, sizeof none);
  Batch last = {n, 0, wanted_count, NULL, NULL, none};
  share_out(n->pool, output_norm, &last, wanted_count, 1);
  Product output = {n, 1, {&n->output}, {logits}, n->narrow, n->normed, none, wanted_count, 0, 0};
  multiply(&output);
}

/* The best token among those whose bit is set in `allowed` (NULL: all); the smaller id where equal. */
int kex_best(const float *logits, int count, const uint32_t *allowed) {
  int best = -1;
  float most = -INFINITY;
  for (int i = 0; i < count; i++)
    if ((!allowed || (allowed[i / 32] >> (i % 32) & 1)) && (best < 0 || logits[i] > most)) {
      best = i;
      most = logits[i];
    }
  return best;
}

/* The logarithm of the sum of exp(logit). */
double kex_log_sum_exp(const float *logits, int count) {
  float most = -INFINITY;
  for (int i = 0; i < count; i++) most = fmaxf(most, logits[i]);
  double total = 0;
  for (int i = 0; i < count; i++) total += expf(logits[i] - most);
  return most + log(total);
}

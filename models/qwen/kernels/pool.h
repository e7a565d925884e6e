/* Threads that share the rows of a product. One caller at a time.
 *
 * A step has some two hundred short jobs, so a thread that waits spins a little before it sleeps.
 */
#ifndef KEX_POOL_H
#define KEX_POOL_H
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SPINS 20000 /* some 50 microseconds */

typedef void (*Job)(void *, int);

typedef struct {
  int threads; /* with the caller's own */
  pthread_t *helpers;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  atomic_int round, busy, next, asleep, ended;
  Job job;
  void *data;
  int count, chunk;
} Pool;

static inline void pause_(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void take_part(Pool *pool) {
  int first;
  while ((first = atomic_fetch_add(&pool->next, pool->chunk)) < pool->count) {
    int last = first + pool->chunk < pool->count ? first + pool->chunk : pool->count;
    for (int i = first; i < last; i++) pool->job(pool->data, i);
  }
}

static void *helper(void *argument) {
  Pool *pool = argument;
  int seen = 0;
  for (;;) {
    for (int spins = 0; atomic_load(&pool->round) == seen; spins++) {
      pause_();
      if (spins < SPINS) continue;
      pthread_mutex_lock(&pool->lock);
      atomic_fetch_add(&pool->asleep, 1);
      while (atomic_load(&pool->round) == seen) pthread_cond_wait(&pool->wake, &pool->lock);
      atomic_fetch_sub(&pool->asleep, 1);
      pthread_mutex_unlock(&pool->lock);
    }
    seen++;
    if (atomic_load(&pool->ended)) return NULL;
    take_part(pool);
    atomic_fetch_sub(&pool->busy, 1);
  }
}

static void begin_round(Pool *pool) {
  atomic_fetch_add(&pool->round, 1);
  if (!atomic_load(&pool->asleep)) return;
  pthread_mutex_lock(&pool->lock);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
}

/* job(data, i) for each i < count, `chunk` at a time; returns when all are done. */
static void share_out(Pool *pool, Job job, void *data, int count, int chunk) {
  if (pool->threads == 1 || count <= chunk) {
    for (int i = 0; i < count; i++) job(data, i);
    return;
  }
  pool->job = job;
  pool->data = data;
  pool->count = count;
  pool->chunk = chunk;
  atomic_store(&pool->next, 0);
  atomic_store(&pool->busy, pool->threads - 1);
  begin_round(pool);
  take_part(pool);
  for (int spins = 0; atomic_load(&pool->busy); spins++) {
    pause_();
    if (spins > SPINS) sched_yield();
  }
}

/* NULL where a thread cannot be started. */
static Pool *open_pool(int threads) {
  Pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pool->helpers = calloc((size_t)threads, sizeof *pool->helpers);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->wake, NULL);
  pool->threads = 1;
  while (pool->helpers && pool->threads < threads &&
         !pthread_create(&pool->helpers[pool->threads - 1], NULL, helper, pool))
    pool->threads++;
  return pool;
}

static void close_pool(Pool *pool) {
  atomic_store(&pool->ended, 1);
  begin_round(pool);
  for (int i = 0; i < pool->threads - 1; i++) pthread_join(pool->helpers[i], NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->lock);
  free(pool->helpers);
  free(pool);
}
#endif

/* Threads that share the rows of a product. One caller at a time.
 *
 * A step has some two hundred short jobs, so a thread that waits spins a little before it sleeps.
 * The caller waits for pieces of work, not for threads: where another program has taken a helper's
 * core, the caller does the helper's part and goes on.
 */
#ifndef KEX_POOL_H
#define KEX_POOL_H
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define SPINS 20000 /* some 50 microseconds */

typedef void (*Job)(void *, int);

/* What is left of a round, in one word, so that it is taken at once or not at all: pieces in all,
 * pieces taken, pieces to take at a time. */
typedef uint64_t Work;
#define MOST_PIECES 0xffff
static inline Work work_of(int count, int taken, int chunk) {
  return (Work)count << 32 | (Work)taken << 16 | (Work)chunk;
}
static inline int count_of(Work work) { return (int)(work >> 32); }
static inline int taken_of(Work work) { return (int)(work >> 16 & MOST_PIECES); }
static inline int chunk_of(Work work) { return (int)(work & MOST_PIECES); }

typedef struct {
  int threads; /* with the caller's own */
  pthread_t *helpers;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  _Atomic Work work;
  atomic_int done, asleep, ended;
  /* Of the round; stay as they are until all of its pieces are done. */
  Job job;
  void *data;
} Pool;

static inline void pause_(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Do pieces of the round until none is left. */
static void take_part(Pool *pool) {
  Work work = atomic_load(&pool->work);
  while (taken_of(work) < count_of(work)) {
    int first = taken_of(work), last = first + chunk_of(work);
    if (last > count_of(work)) last = count_of(work);
    Work then = work_of(count_of(work), last, chunk_of(work));
    if (!atomic_compare_exchange_weak(&pool->work, &work, then)) continue;
    for (int i = first; i < last; i++) pool->job(pool->data, i);
    atomic_fetch_add(&pool->done, last - first);
    work = atomic_load(&pool->work);
  }
}

static int is_idle(Pool *pool) {
  Work work = atomic_load(&pool->work);
  return taken_of(work) >= count_of(work) && !atomic_load(&pool->ended);
}

static void *helper(void *argument) {
  Pool *pool = argument;
  while (!atomic_load(&pool->ended)) {
    for (int spins = 0; is_idle(pool); spins++) {
      pause_();
      if (spins < SPINS) continue;
      pthread_mutex_lock(&pool->lock);
      atomic_fetch_add(&pool->asleep, 1);
      while (is_idle(pool)) pthread_cond_wait(&pool->wake, &pool->lock);
      atomic_fetch_sub(&pool->asleep, 1);
      pthread_mutex_unlock(&pool->lock);
    }
    take_part(pool);
  }
  return NULL;
}

static void wake_all(Pool *pool) {
  if (!atomic_load(&pool->asleep)) return;
  pthread_mutex_lock(&pool->lock);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->lock);
}

/* job(data, i) for each i < count, `chunk` at a time; returns when all are done. */
static void share_out(Pool *pool, Job job, void *data, int count, int chunk) {
  if (pool->threads == 1 || count <= chunk || count > MOST_PIECES) {
    for (int i = 0; i < count; i++) job(data, i);
    return;
  }
  pool->job = job;
  pool->data = data;
  atomic_store(&pool->done, 0);
  atomic_store(&pool->work, work_of(count, 0, chunk));
  wake_all(pool);
  take_part(pool);
  for (int spins = 0; atomic_load(&pool->done) < count; spins++) {
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
  wake_all(pool);
  for (int i = 0; i < pool->threads - 1; i++) pthread_join(pool->helpers[i], NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->lock);
  free(pool->helpers);
  free(pool);
}
#endif

/* Latencies, one counter per microsecond up to a second. */
#ifndef PARVIS_BENCH_LATENCY_H
#define PARVIS_BENCH_LATENCY_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LATENCY_CELLS = 1000000 };

struct latency {
	uint32_t cells[LATENCY_CELLS]; /* the last one holds everything slower */
	uint64_t count;
};

static inline uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static inline void latency_add(struct latency *l, uint64_t ns)
{
	uint64_t cell = ns / 1000;
	l->cells[cell < LATENCY_CELLS ? cell : LATENCY_CELLS - 1]++;
	l->count++;
}

/* Microseconds under which `share` (0…1) of the samples lie. */
static inline uint64_t latency_at(const struct latency *l, double share)
{
	uint64_t wanted = share * l->count, seen = 0;
	for (int i = 0; i < LATENCY_CELLS; i++)
		if ((seen += l->cells[i]) > wanted)
			return i;
	return LATENCY_CELLS;
}

static inline void latency_print(const char *name, const struct latency *l)
{
	printf(", \"%s\": {\"count\": %lu, \"p50_us\": %lu, \"p99_us\": %lu}", name, l->count,
	       latency_at(l, 0.5), latency_at(l, 0.99));
}

static inline void latency_clear(struct latency *l)
{
	memset(l, 0, sizeof *l);
}

#endif

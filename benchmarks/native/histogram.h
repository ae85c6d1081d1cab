/* Counts durations. Percentiles have an error below 1 %. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

/* Each power of two has 64 equal parts, and a percentile is the middle of its part: an error of 1/128 at most. */
#define PART_BITS 6
#define PARTS (1 << PART_BITS)
#define HISTOGRAM_SIZE ((64 - PART_BITS + 1) * PARTS)

struct histogram {
    uint64_t total;
    uint64_t longest;
    uint64_t counts[HISTOGRAM_SIZE];
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/* The duration in microseconds that this share (0 to 1) of all was below or at; 0 where there is none. */
double histogram_us(const struct histogram *histogram, double share);

#endif

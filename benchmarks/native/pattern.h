/* Endless bytes with a prime period. A byte that is lost, doubled or in the wrong place does not match. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stdint.h>

/* The longest piece that can be asked for. */
#define PATTERN_PIECE (256 * 1024)

void pattern_prepare(void);

/* PATTERN_PIECE bytes from this position on. */
const unsigned char *pattern_at(uint64_t position);

#endif

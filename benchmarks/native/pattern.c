#include "pattern.h"

#define PERIOD 65521 /* the largest prime below 65536 */

static unsigned char bytes[PERIOD + PATTERN_PIECE];

void pattern_prepare(void)
{
    uint32_t state = 1; /* xorshift (Marsaglia, 2003); any seed but 0 */
    for (int i = 0; i < PERIOD + PATTERN_PIECE; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes[i] = i < PERIOD ? (unsigned char)state : bytes[i - PERIOD];
    }
}

const unsigned char *pattern_at(uint64_t position)
{
    return bytes + position % PERIOD;
}

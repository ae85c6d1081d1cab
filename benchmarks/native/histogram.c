#include "histogram.h"

#include "basics.h"

static int part_of(uint64_t value)
{
    if (value < PARTS)
        return (int)value;
    int shift = 63 - __builtin_clzll(value) - PART_BITS;
    return (shift + 1) * PARTS + (int)((value >> shift) - PARTS);
}

static double middle_of(int part)
{
    if (part < PARTS)
        return part;
    int shift = part / PARTS - 1;
    double width = (double)(1ull << shift);
    return (double)(PARTS + part % PARTS) * width + width / 2;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds)
{
    histogram->total++;
    histogram->counts[part_of(nanoseconds)]++;
    if (nanoseconds > histogram->longest)
        histogram->longest = nanoseconds;
}

double histogram_us(const struct histogram *histogram, double share)
{
    double rank = share * (double)histogram->total;
    uint64_t seen = 0;
    for (int part = 0; part < HISTOGRAM_SIZE && histogram->total > 0; part++) {
        seen += histogram->counts[part];
        if (seen > 0 && (double)seen >= rank) {
            double value = middle_of(part), longest = (double)histogram->longest;
            return (value < longest ? value : longest) / (double)NS_PER_US;
        }
    }
    return 0;
}

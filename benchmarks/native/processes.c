#define _GNU_SOURCE
#include "processes.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"

/* The kernel's clock of a process counts what /proc/PID/stat counts, but in nanoseconds and not in ticks of 10 ms. */
uint64_t cpu_ns(pid_t process)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &used) != 0)
        fail("process %d does not run", (int)process);
    return (uint64_t)used.tv_sec * NS_PER_SECOND + (uint64_t)used.tv_nsec;
}

uint64_t resident_bytes(pid_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process);
    FILE *file = fopen(path, "re");
    uint64_t all, resident;
    if (file == NULL || fscanf(file, "%" SCNu64 " %" SCNu64, &all, &resident) != 2)
        fail("process %d does not run", (int)process);
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

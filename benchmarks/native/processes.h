/* What a process uses. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <stdint.h>
#include <sys/types.h>

/* User and system time of all its threads, those that have ended too, in nanoseconds. 0 is this process. */
uint64_t cpu_ns(pid_t process);

/* Its resident memory in bytes. */
uint64_t resident_bytes(pid_t process);

#endif

/* Time, errors and arguments: what all files of this program use. */
#ifndef BASICS_H
#define BASICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS 1000000ull
#define NS_PER_US 1000ull

/* Exit statuses: every echo was right, something was wrong, the arguments were. */
enum { STATUS_OK = 0, STATUS_ERRORS = 1, STATUS_USAGE = 2 };

/* Ends the program with the text of errno. */
_Noreturn void die(const char *operation);

/* Ends the program with a message. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program with a message about an argument, and status 2. */
_Noreturn void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Zeroed memory, or the end of the program. */
void *allocate(size_t count, size_t size);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t now_ns(void);

#endif

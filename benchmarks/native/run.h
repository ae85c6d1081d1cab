/* One run: it warms up, measures, waits for what is under way, and prints its line. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "options.h"

enum phase { WARM_UP, MEASURE, DRAIN, OVER };

struct reading {
    uint64_t time;
    uint64_t own_cpu;
    uint64_t server_cpu;
    int64_t server_drops; /* send: -1 if they are not known */
};

struct run {
    const struct options *options;
    enum phase phase;
    uint64_t started;
    uint64_t phase_ends;
    uint64_t next_line;    /* when the rate is printed next */
    uint64_t line_began;
    uint64_t line_answers;
    uint64_t answers;      /* since the start; send: datagrams that have left */
    uint64_t last_answer;  /* when it came */
    uint64_t measured;     /* those of the measurement */
    uint64_t outstanding;  /* messages that are under way, or due and not yet sent */
    uint64_t errors;
    struct reading begin;
    struct reading end;
    struct histogram latency;
};

/* How long a call of epoll may sleep: the clock and standard input have to be looked at now and then. */
#define LONGEST_SLEEP_MS 20

/* Fixed rate: messages that leave before answers and the clock are looked at again. */
#define MOST_IN_TURN 256

void run_start(struct run *run, const struct options *options);

/* Looks at the clock and changes the phase when it is time. */
void run_tick(struct run *run, uint64_t now);

/* Closed loop: whether new messages may leave. */
bool run_sends(const struct run *run);

/* Fixed rate: whether this message may leave. Those of the measurement also may when they are late. */
bool run_may_leave(const struct run *run, uint64_t number);

/* Counts an answer now to a message that was due then. */
void run_answer(struct run *run, uint64_t due, uint64_t now);

/* Counts messages that need no answer, when they have left. */
void run_leave(struct run *run, uint64_t count);

/* Counts an error; the first few are printed. */
void run_error(struct run *run, const char *what);

/* Whether the latency of a message belongs to the measurement: by when it was due at a fixed rate, else by when it came back. */
bool run_counts(const struct run *run, uint64_t due);

/* When the message of this number is due; only at a fixed rate. */
uint64_t run_due(const struct run *run, uint64_t number);

/* Prints the figures without the end of the line. What is counted is a "msg" or a "conn". */
void run_print(const struct run *run, const char *unit);

/* The same for messages that need no answer: without latencies, but with what was dropped, and all that left. */
void run_print_one_way(const struct run *run);

double run_seconds(const struct run *run);

#endif

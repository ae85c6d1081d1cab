#include "run.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "basics.h"
#include "drops.h"
#include "processes.h"

#define DRAIN_NS (10 * NS_PER_SECOND)     /* for what is under way when the measurement ends */
#define RATE_DRAIN_NS (2 * NS_PER_SECOND) /* the same at a fixed rate, where a slow server may owe very much */
#define SILENCE_NS (5 * NS_PER_SECOND)    /* a server that answers nothing for so long has failed */
#define PRINTED_ERRORS 5

static struct reading read_clocks(const struct run *run)
{
    pid_t server = run->options->server_pid;
    return (struct reading){
        .server_drops = run->options->command == SEND ? drops_of_port(run->options->port) : -1,
        .own_cpu = cpu_ns(0),
        .server_cpu = server != 0 ? cpu_ns(server) : 0,
        .time = now_ns(),
    };
}

static uint64_t ns_of(double seconds)
{
    return (uint64_t)(seconds * (double)NS_PER_SECOND);
}

void run_start(struct run *run, const struct options *options)
{
    run->options = options;
    run->started = run->line_began = run->last_answer = now_ns();
    run->phase_ends = run->started + ns_of(options->warmup);
    run->next_line = options->every > 0 ? run->started + ns_of(options->every) : UINT64_MAX;
}

static void print_rate(struct run *run, uint64_t now)
{
    double seconds = (double)(now - run->line_began) / (double)NS_PER_SECOND;
    printf("rate at=%.2f per_s=%.0f\n", (double)(now - run->started) / (double)NS_PER_SECOND,
           (double)(run->answers - run->line_answers) / seconds);
    fflush(stdout);
    run->line_began = now;
    run->line_answers = run->answers;
    while (run->next_line <= now)
        run->next_line += ns_of(run->options->every);
}

/* A line, or the end of standard input. */
static bool is_told_to_measure(const struct run *run)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return run->options->go && poll(&input, 1, 0) > 0;
}

static bool is_silent(const struct run *run, uint64_t now)
{
    return run->outstanding > 0 && now > run->last_answer + SILENCE_NS;
}

void run_tick(struct run *run, uint64_t now)
{
    if (run->phase < DRAIN && now >= run->next_line)
        print_rate(run, now);
    if (run->phase == WARM_UP && (now >= run->phase_ends || is_told_to_measure(run) || is_silent(run, now))) {
        run->phase = MEASURE;
        run->begin = read_clocks(run);
        run->phase_ends = run->begin.time + ns_of(run->options->seconds);
    } else if (run->phase == MEASURE && (now >= run->phase_ends || is_silent(run, now))) {
        run->phase = DRAIN;
        run->end = read_clocks(run);
        run->phase_ends = run->end.time + (run->options->rate > 0 ? RATE_DRAIN_NS : DRAIN_NS);
    } else if (run->phase == DRAIN && (now >= run->phase_ends || run->outstanding == 0)) {
        run->phase = OVER;
    }
}

bool run_sends(const struct run *run)
{
    return run->phase < DRAIN;
}

bool run_counts(const struct run *run, uint64_t due)
{
    if (run->options->rate == 0)
        return run->phase == MEASURE;
    return run->phase >= MEASURE && due >= run->begin.time && (run->phase == MEASURE || due < run->end.time);
}

void run_answer(struct run *run, uint64_t due, uint64_t now)
{
    run->outstanding--;
    run->answers++;
    run->last_answer = now;
    if (run->phase == MEASURE)
        run->measured++;
    if (run_counts(run, due))
        histogram_add(&run->latency, now - due);
}

void run_leave(struct run *run, uint64_t count)
{
    run->answers += count;
    if (run->phase == MEASURE)
        run->measured += count;
}

void run_error(struct run *run, const char *what)
{
    if (run->errors++ < PRINTED_ERRORS)
        fprintf(stderr, "%s\n", what);
}

bool run_may_leave(const struct run *run, uint64_t number)
{
    return run->phase < DRAIN || (run->phase == DRAIN && run_due(run, number) < run->end.time);
}

uint64_t run_due(const struct run *run, uint64_t number)
{
    return run->started + (uint64_t)((double)number * ((double)NS_PER_SECOND / run->options->rate));
}

double run_seconds(const struct run *run)
{
    return (double)(run->end.time - run->begin.time) / (double)NS_PER_SECOND;
}

static void print_rate_of(const struct run *run, const char *unit)
{
    double seconds = run_seconds(run);
    printf(" transport=%s seconds=%.3f %ss_per_s=%.0f", transport_names[run->options->transport], seconds, unit,
           (double)run->measured / seconds);
}

static void print_use(const struct run *run, const char *unit)
{
    double seconds = run_seconds(run);
    printf(" load_cpu=%.2f", (double)(run->end.own_cpu - run->begin.own_cpu) / (double)NS_PER_SECOND / seconds);
    if (run->options->server_pid != 0) {
        double used = (double)(run->end.server_cpu - run->begin.server_cpu);
        printf(" server_cpu=%.2f server_cpu_us_per_%s=%.4f", used / (double)NS_PER_SECOND / seconds, unit,
               run->measured > 0 ? used / (double)NS_PER_US / (double)run->measured : 0);
    }
}

void run_print(const struct run *run, const char *unit)
{
    print_rate_of(run, unit);
    printf(" p50_us=%.1f p99_us=%.1f p999_us=%.1f max_us=%.1f", histogram_us(&run->latency, 0.5), histogram_us(&run->latency, 0.99),
           histogram_us(&run->latency, 0.999), (double)run->latency.longest / (double)NS_PER_US);
    print_use(run, unit);
    printf(" errors=%" PRIu64, run->errors);
}

void run_print_one_way(const struct run *run)
{
    double own = (double)(run->end.own_cpu - run->begin.own_cpu) / (double)NS_PER_US;
    print_rate_of(run, "msg");
    print_use(run, "msg");
    printf(" cpu_us_per_msg=%.4f", run->measured > 0 ? own / (double)run->measured : 0);
    if (run->begin.server_drops >= 0 && run->end.server_drops >= 0)
        printf(" dropped=%" PRId64, run->end.server_drops - run->begin.server_drops);
    printf(" sent=%" PRIu64 " errors=%" PRIu64, run->answers, run->errors);
}

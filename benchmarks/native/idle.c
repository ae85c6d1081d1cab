/* Holds connections that say nothing, and reads what they cost the server in memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"
#include "commands.h"
#include "processes.h"
#include "sockets.h"

#define FIRST_CONNECTIONS 200 /* opened and closed before, so that the server's code for them is loaded */
#define AT_ONCE 256           /* connections between pauses, so that the server's queue never overflows */
#define PAUSE_NS (2 * NS_PER_MS)

static void sleep_ns(uint64_t nanoseconds)
{
    struct timespec time = {.tv_sec = (time_t)(nanoseconds / NS_PER_SECOND), .tv_nsec = (long)(nanoseconds % NS_PER_SECOND)};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        continue;
}

static void open_all(const struct options *options, int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = open_client(options, i);
        if (i % AT_ONCE == AT_ONCE - 1)
            sleep_ns(PAUSE_NS);
    }
}

/* Returns how many of them the server has closed. */
static int close_all(const int *fds, int count)
{
    int closed = 0;
    for (int i = 0; i < count; i++) {
        char byte;
        closed += recv(fds[i], &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
        close(fds[i]);
    }
    return closed;
}

int run_idle(const struct options *options)
{
    int count = options->connections;
    int first = count < FIRST_CONNECTIONS ? count : FIRST_CONNECTIONS;
    int *fds = allocate((size_t)count, sizeof *fds);
    pid_t server = options->server_pid;
    open_all(options, fds, first);
    close_all(fds, first);
    sleep_ns((uint64_t)(options->warmup * (double)NS_PER_SECOND));
    uint64_t before = server != 0 ? resident_bytes(server) : 0;

    uint64_t began = now_ns();
    open_all(options, fds, count);
    double opening = (double)(now_ns() - began) / (double)NS_PER_SECOND;
    puts("open");
    fflush(stdout);
    sleep_ns((uint64_t)(options->seconds * (double)NS_PER_SECOND));
    uint64_t after = server != 0 ? resident_bytes(server) : 0;

    int closed = close_all(fds, count);
    free(fds);
    printf("idle connections=%d transport=%s opening_seconds=%.3f", count, transport_names[options->transport], opening);
    if (server != 0)
        printf(" server_bytes_before=%" PRIu64 " server_bytes=%" PRIu64 " server_bytes_per_conn=%.0f", before, after,
               ((double)after - (double)before) / count);
    printf(" errors=%d\n", closed);
    return closed == 0 ? STATUS_OK : STATUS_ERRORS;
}

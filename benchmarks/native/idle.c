/* Holds connections that say nothing, or nothing after one message, and reads what they cost the server in memory. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"
#include "commands.h"
#include "pattern.h"
#include "processes.h"
#include "sockets.h"
#include "tls.h"

#define FIRST_CONNECTIONS 200 /* opened and closed before, so that the server's code for them is loaded */
#define AT_ONCE 256           /* connections between pauses, so that the server's queue never overflows */
#define PAUSE_NS (2 * NS_PER_MS)
#define MOST_SAID 16384       /* fits into the buffer of a new socket, so that one send takes it whole */

static void sleep_ns(uint64_t nanoseconds)
{
    struct timespec time = {.tv_sec = (time_t)(nanoseconds / NS_PER_SECOND), .tv_nsec = (long)(nanoseconds % NS_PER_SECOND)};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        continue;
}

/* One message there and back. */
static void exchange(const struct options *options, struct tls *tls, int fd)
{
    static unsigned char buffer[MOST_SAID];
    size_t size = (size_t)options->size;
    if (tls_send(tls, fd, pattern_at(0), size) != (ssize_t)size)
        die("send");
    for (size_t received = 0; received < size;) {
        ssize_t count = tls_receive(tls, fd, buffer + received, size - received);
        if (count == 0)
            fail("the server has closed a connection");
        if (count > 0) {
            received += (size_t)count;
            continue;
        }
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (errno != EAGAIN || poll(&readable, 1, -1) < 0)
            die("recv");
    }
    if (memcmp(buffer, pattern_at(0), size) != 0)
        fail("the echo is not what was sent");
}

static void open_all(const struct options *options, struct tls **tls, int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = open_client(options, i);
        if (tls[i] != NULL)
            tls_connect(tls[i], fds[i]);
        if (options->size > 0)
            exchange(options, tls[i], fds[i]);
        if (i % AT_ONCE == AT_ONCE - 1)
            sleep_ns(PAUSE_NS);
    }
}

/* Returns how many of them the server has closed. */
static int close_all(struct tls **tls, const int *fds, int count)
{
    int closed = 0;
    for (int i = 0; i < count; i++) {
        char byte;
        closed += recv(fds[i], &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
        tls_end(tls[i]);
        close(fds[i]);
    }
    return closed;
}

int run_idle(const struct options *options)
{
    if (options->size > MOST_SAID)
        refuse("--size %d: idle sends at most %d bytes.", options->size, MOST_SAID);
    int count = options->connections;
    int first = count < FIRST_CONNECTIONS ? count : FIRST_CONNECTIONS;
    int *fds = allocate((size_t)count, sizeof *fds);
    struct tls **tls = allocate((size_t)count, sizeof *tls);
    for (int i = 0; i < count; i++)
        tls[i] = tls_new(options);
    pid_t server = options->server_pid;
    open_all(options, tls, fds, first);
    close_all(tls, fds, first);
    sleep_ns((uint64_t)(options->warmup * (double)NS_PER_SECOND));
    uint64_t before = server != 0 ? resident_bytes(server) : 0;

    uint64_t began = now_ns();
    open_all(options, tls, fds, count);
    double opening = (double)(now_ns() - began) / (double)NS_PER_SECOND;
    puts("open");
    fflush(stdout);
    sleep_ns((uint64_t)(options->seconds * (double)NS_PER_SECOND));
    uint64_t after = server != 0 ? resident_bytes(server) : 0;

    int closed = close_all(tls, fds, count);
    free(fds);
    free(tls);
    printf("idle connections=%d transport=%s opening_seconds=%.3f", count, transport_names[options->transport], opening);
    if (server != 0)
        printf(" server_bytes_before=%" PRIu64 " server_bytes=%" PRIu64 " server_bytes_per_conn=%.0f", before, after,
               ((double)after - (double)before) / count);
    printf(" errors=%d\n", closed);
    return closed == 0 ? STATUS_OK : STATUS_ERRORS;
}

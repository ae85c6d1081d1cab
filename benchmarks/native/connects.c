/* Connects, does a handshake with --tls, gets one message back, closes; many at a time. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "basics.h"
#include "commands.h"
#include "pace.h"
#include "pattern.h"
#include "run.h"
#include "sockets.h"
#include "tls.h"

#define LARGEST_MESSAGE 16384 /* fits into the buffer of a new socket, so that one send takes it whole */

struct attempt {
    int fd;
    struct tls *tls; /* NULL without --tls; one connection after the other has it */
    uint64_t number;
    uint64_t began;
    size_t received;
    bool has_connected;
    bool has_sent;
};

static struct run run;
static uint64_t begun;
static int epoll;
static int live;

static void begin(struct attempt *attempt)
{
    *attempt = (struct attempt){.tls = attempt->tls, .number = begun++, .began = now_ns()};
    attempt->fd = begin_client(run.options, (int)(attempt->number % INT32_MAX));
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = attempt};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, attempt->fd, &event) != 0)
        die("epoll_ctl");
    run.outstanding++;
    live++;
}

static void end(struct attempt *attempt)
{
    tls_end(attempt->tls);
    close(attempt->fd);
    live--;
    if (run_sends(&run))
        begin(attempt);
}

static void fail_attempt(struct attempt *attempt, const char *reason)
{
    run_error(&run, reason);
    run.outstanding--;
    close(attempt->fd);
    live--;
}

/* False: it has failed. */
static bool has_connected(struct attempt *attempt)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
        fail_attempt(attempt, strerror(error));
        return false;
    }
    if (attempt->tls != NULL)
        tls_begin(attempt->tls, attempt->fd);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = attempt};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, attempt->fd, &event) != 0)
        die("epoll_ctl");
    return attempt->has_connected = true;
}

static void send_message(struct attempt *attempt)
{
    if (!attempt->has_connected && !has_connected(attempt))
        return;
    if (attempt->tls != NULL && tls_handshake(attempt->tls) < 0) {
        if (errno != EAGAIN)
            fail_attempt(attempt, "the handshake failed");
        return;
    }
    size_t size = (size_t)run.options->size;
    ssize_t count = tls_send(attempt->tls, attempt->fd, pattern_at(attempt->number), size);
    if (count != (ssize_t)size) {
        fail_attempt(attempt, count < 0 ? strerror(errno) : "a new socket has no room for the message");
        return;
    }
    attempt->has_sent = true;
}

static void receive(struct attempt *attempt)
{
    static unsigned char buffer[LARGEST_MESSAGE + 1];
    size_t size = (size_t)run.options->size;
    ssize_t count = tls_receive(attempt->tls, attempt->fd, buffer, size - attempt->received + 1);
    if (count < 0 && errno == EAGAIN)
        return;
    const unsigned char *expected = pattern_at(attempt->number) + attempt->received;
    if (count <= 0) {
        fail_attempt(attempt, count == 0 ? "the server has closed a connection" : strerror(errno));
    } else if (attempt->received + (size_t)count > size || memcmp(buffer, expected, (size_t)count) != 0) {
        fail_attempt(attempt, "the echo is not what was sent");
    } else if ((attempt->received += (size_t)count) == size) {
        run_answer(&run, attempt->began, now_ns());
        end(attempt);
    } else if (tls_holds_bytes(attempt->tls)) {
        receive(attempt);
    }
}

int run_connects(const struct options *options)
{
    if (options->size > LARGEST_MESSAGE)
        refuse("--size %d: connect sends at most %d bytes.", options->size, LARGEST_MESSAGE);
    if (options->rate > 0)
        refuse("--rate is for echo.");
    struct attempt *attempts = allocate((size_t)options->connections, sizeof *attempts);
    struct epoll_event events[MOST_EVENTS];
    epoll = new_epoll();
    run_start(&run, options);
    for (int i = 0; i < options->connections; i++) {
        attempts[i].tls = tls_new(options);
        begin(&attempts[i]);
    }
    while (run.phase != OVER && live > 0) {
        int count = wait_for_events(epoll, events, UINT64_MAX);
        run_tick(&run, now_ns());
        for (int i = 0; i < count; i++) {
            struct attempt *attempt = events[i].data.ptr;
            if (attempt->has_sent)
                receive(attempt);
            else
                send_message(attempt);
        }
    }
    if (run.phase < DRAIN)
        fail("no connection is left");
    for (uint64_t i = 0; i < run.outstanding; i++)
        run_error(&run, "the server does not answer");
    free(attempts);
    printf("connect in_flight=%d size=%d", options->connections, options->size);
    run_print(&run, "conn");
    if (options->tls)
        printf(" handshakes=%" PRIu64 " resumed=%" PRIu64, tls_counts.handshakes, tls_counts.resumed);
    if (options->resume)
        printf(" resumed_share=%.4f", tls_counts.offered > 0 ? (double)tls_counts.resumed / (double)tls_counts.offered : 0);
    putchar('\n');
    return run.errors == 0 && run.answers > 0 ? STATUS_OK : STATUS_ERRORS;
}

/* Echo load over TCP and Unix connections, in a closed loop or at a fixed rate. */
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

#define STREAM_DISTANCE 7919 /* prime: each connection begins elsewhere in the pattern */

struct connection {
    int fd;                 /* -1: it has failed */
    struct tls *tls;        /* NULL without --tls */
    uint32_t number;
    bool waits_for_room;    /* the socket is full until EPOLLOUT */
    uint64_t released;      /* messages that may leave or have left */
    uint64_t answered;
    uint64_t sent;          /* bytes */
    uint64_t received;      /* bytes */
    uint64_t asked_in_time; /* messages that were released in the measurement */
    uint64_t answered_in_time;
    uint64_t *released_at;  /* closed loop: a ring of `depth` moments */
};

static struct run run;
static struct connection *connections;
static int epoll;
static uint64_t next_message; /* at a fixed rate: connections send in turn */
static uint64_t live_connections;

static const unsigned char *bytes_of(const struct connection *c, uint64_t position)
{
    return pattern_at((uint64_t)c->number * STREAM_DISTANCE + position);
}

/* When the n-th message of a connection should have left. */
static uint64_t due_of(const struct connection *c, uint64_t n)
{
    if (run.options->rate == 0)
        return c->released_at[n % (uint64_t)run.options->depth];
    return run_due(&run, c->number + n * (uint64_t)run.options->connections);
}

static void listen_for(struct connection *c, uint32_t events, int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll, operation, c->fd, &event) != 0)
        die("epoll_ctl");
}

static void fail_connection(struct connection *c, const char *reason)
{
    char text[160];
    snprintf(text, sizeof text, "connection %u, after %" PRIu64 " bytes echoed: %s", c->number, c->received, reason);
    run_error(&run, text);
    run.outstanding -= c->released - c->answered;
    live_connections--;
    close(c->fd);
    c->fd = -1;
}

/* Sends what has been released, until the socket is full. */
static void send_released(struct connection *c)
{
    uint64_t end = c->released * (uint64_t)run.options->size;
    while (c->fd >= 0 && !c->waits_for_room && c->sent < end) {
        size_t length = end - c->sent < PATTERN_PIECE ? (size_t)(end - c->sent) : PATTERN_PIECE;
        ssize_t count = tls_send(c->tls, c->fd, bytes_of(c, c->sent), length);
        if (count >= 0) {
            c->sent += (uint64_t)count;
        } else if (errno == EAGAIN) {
            c->waits_for_room = true;
            listen_for(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
        } else {
            fail_connection(c, strerror(errno));
        }
    }
}

static void release(struct connection *c, uint64_t now)
{
    if (run.options->rate == 0)
        c->released_at[c->released % (uint64_t)run.options->depth] = now;
    c->released++;
    c->asked_in_time += run.phase == MEASURE;
    run.outstanding++;
}

/* At a fixed rate: messages whose time has come leave, whatever has been answered. */
static void release_due(uint64_t now)
{
    for (int i = 0; i < MOST_IN_TURN && run_may_leave(&run, next_message) && run_due(&run, next_message) <= now; i++) {
        struct connection *c = &connections[next_message++ % (uint64_t)run.options->connections];
        if (c->fd < 0)
            continue;
        release(c, now);
        send_released(c);
    }
}

static void take_answers(struct connection *c, uint64_t count)
{
    uint64_t now = now_ns();
    c->received += count;
    for (uint64_t complete = c->received / (uint64_t)run.options->size; c->answered < complete; c->answered++) {
        run_answer(&run, due_of(c, c->answered), now);
        c->answered_in_time += run.phase == MEASURE;
        if (run.options->rate == 0 && run_sends(&run))
            release(c, now);
    }
}

static void receive(struct connection *c)
{
    static unsigned char buffer[PATTERN_PIECE];
    ssize_t count = tls_receive(c->tls, c->fd, buffer, sizeof buffer);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0)
        fail_connection(c, count == 0 ? "the server has closed it" : strerror(errno));
    else if (c->received + (uint64_t)count > c->sent || memcmp(buffer, bytes_of(c, c->received), (size_t)count) != 0)
        fail_connection(c, "the echo is not what was sent");
    else
        take_answers(c, (uint64_t)count);
}

static void handle(struct connection *c, uint32_t events)
{
    if ((events & EPOLLOUT) != 0 && c->waits_for_room) {
        c->waits_for_room = false;
        listen_for(c, EPOLLIN, EPOLL_CTL_MOD);
    }
    if ((events & ~(uint32_t)EPOLLOUT) != 0) {
        do {
            receive(c);
        } while (c->fd >= 0 && tls_holds_bytes(c->tls));
    }
    send_released(c);
}

static void open_all(const struct options *options)
{
    connections = allocate((size_t)options->connections, sizeof *connections);
    for (int i = 0; i < options->connections; i++) {
        struct connection *c = &connections[i];
        c->number = (uint32_t)i;
        c->fd = open_client(options, i);
        c->tls = tls_new(options);
        if (c->tls != NULL)
            tls_connect(c->tls, c->fd);
        c->released_at = options->rate == 0 ? allocate((size_t)options->depth, sizeof *c->released_at) : NULL;
        listen_for(c, EPOLLIN, EPOLL_CTL_ADD);
    }
    live_connections = (uint64_t)options->connections;
}

static void fill_depth(const struct options *options)
{
    uint64_t now = now_ns();
    for (int i = 0; i < options->connections; i++) {
        for (int message = 0; message < options->depth; message++)
            release(&connections[i], now);
        send_released(&connections[i]);
    }
}

static void exchange(const struct options *options)
{
    struct epoll_event events[MOST_EVENTS];
    bool has_rate = options->rate > 0;
    if (!has_rate)
        fill_depth(options);
    while (run.phase != OVER) {
        uint64_t due = has_rate && run_may_leave(&run, next_message) ? run_due(&run, next_message) : UINT64_MAX;
        int count = wait_for_events(epoll, events, due);
        run_tick(&run, now_ns());
        for (int i = 0; i < count; i++)
            handle(events[i].data.ptr, events[i].events);
        if (has_rate)
            release_due(now_ns());
        if (live_connections == 0)
            fail("no connection is left");
    }
}

/* At a fixed rate a message that has no answer, or could not even leave, counts with its age. */
static void count_age(uint64_t due, uint64_t now, uint64_t *unanswered)
{
    if (run_counts(&run, due)) {
        histogram_add(&run.latency, now - due);
        (*unanswered)++;
    }
}

/* In a closed loop a connection without an answer has failed. */
static uint64_t count_unanswered(const struct options *options)
{
    uint64_t unanswered = 0;
    uint64_t now = now_ns();
    for (int i = 0; i < options->connections; i++) {
        struct connection *c = &connections[i];
        if (c->fd < 0 || c->answered == c->released)
            continue;
        if (options->rate == 0) {
            fail_connection(c, "the server does not answer");
            continue;
        }
        for (uint64_t n = c->answered; n < c->released; n++)
            count_age(due_of(c, n), now, &unanswered);
    }
    for (; options->rate > 0 && run_due(&run, next_message) < run.end.time; next_message++)
        count_age(run_due(&run, next_message), now, &unanswered);
    return unanswered;
}

/* Connections that were asked in the measurement and got no answer in it. */
static int count_starved(const struct options *options)
{
    int starved = 0;
    for (int i = 0; i < options->connections; i++)
        starved += connections[i].answered_in_time == 0 && (options->rate == 0 || connections[i].asked_in_time > 0);
    return starved;
}

int run_streams(const struct options *options)
{
    epoll = new_epoll();
    open_all(options);
    run_start(&run, options);
    exchange(options);
    int starved = count_starved(options);
    uint64_t unanswered = count_unanswered(options);
    printf("echo connections=%d size=%d depth=%d rate=%.0f", options->connections, options->size, options->depth, options->rate);
    run_print(&run, "msg");
    printf(" starved=%d unanswered=%" PRIu64 "\n", starved, unanswered);
    return run.errors == 0 && run.answers > 0 ? STATUS_OK : STATUS_ERRORS;
}

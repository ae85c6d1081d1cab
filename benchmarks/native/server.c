/* The echo server: one thread, epoll, one buffer for all connections. It is what a machine can do. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "basics.h"
#include "batches.h"
#include "commands.h"
#include "pace.h"
#include "sockets.h"

#define MOST_DATAGRAMS_IN_TURN 64 /* before a signal is looked at */

/* A connection with what its peer has not taken yet. Meanwhile nothing is read of it, so this is at most one buffer. */
struct connection {
    int fd;
    unsigned char *rest;
    size_t rest_length;
};

static const struct options *options;
static unsigned char *buffer;
static struct batch *batch; /* NULL without --batch */
static int epoll;

static void listen_for(struct connection *c, uint32_t events, int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(epoll, operation, c->fd, &event) != 0)
        die("epoll_ctl");
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int yes = 1;
        struct connection *c = allocate(1, sizeof *c);
        c->fd = fd;
        if (options->transport == TCP)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        listen_for(c, EPOLLIN, EPOLL_CTL_ADD);
    }
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
        die("accept");
}

static void end(struct connection *c)
{
    close(c->fd);
    free(c->rest);
    free(c);
}

/* Sends, and returns how much was taken, or -1 when the peer is gone. */
static ssize_t send_some(struct connection *c, const unsigned char *bytes, size_t length)
{
    ssize_t count = send(c->fd, bytes, length, MSG_NOSIGNAL);
    return count < 0 && errno == EAGAIN ? 0 : count;
}

/* Keeps what the socket did not take, and stops reading until it has. */
static void keep_rest(struct connection *c, const unsigned char *bytes, size_t length)
{
    c->rest = allocate(length, 1);
    memcpy(c->rest, bytes, length);
    c->rest_length = length;
    listen_for(c, EPOLLOUT, EPOLL_CTL_MOD);
}

static void send_rest(struct connection *c)
{
    ssize_t sent = send_some(c, c->rest, c->rest_length);
    if (sent < 0) {
        end(c);
        return;
    }
    c->rest_length -= (size_t)sent;
    memmove(c->rest, c->rest + sent, c->rest_length);
    if (c->rest_length == 0) {
        free(c->rest);
        c->rest = NULL;
        listen_for(c, EPOLLIN, EPOLL_CTL_MOD);
    }
}

static void echo(struct connection *c)
{
    ssize_t received = recv(c->fd, buffer, (size_t)options->buffer, 0);
    if (received < 0 && errno == EAGAIN)
        return;
    ssize_t sent = received > 0 ? send_some(c, buffer, (size_t)received) : -1;
    if (sent < 0)
        end(c);
    else if (sent < received)
        keep_rest(c, buffer + sent, (size_t)(received - sent));
}

static void echo_datagrams(int fd)
{
    struct sockaddr_in peer;
    for (int i = 0; i < MOST_DATAGRAMS_IN_TURN; i++) {
        socklen_t length = sizeof peer;
        ssize_t received = recvfrom(fd, buffer, (size_t)options->buffer, 0, (struct sockaddr *)&peer, &length);
        if (received < 0)
            return;
        /* Nobody has to be told of a datagram that cannot be sent. */
        (void)sendto(fd, buffer, (size_t)received, 0, (struct sockaddr *)&peer, length);
    }
}

/* Polls for a while before it sleeps. */
static int next_events(struct epoll_event *events)
{
    int count;
    uint64_t sleeps_at = options->spin_us > 0 ? now_ns() + (uint64_t)options->spin_us * NS_PER_US : 0;
    do {
        count = epoll_wait(epoll, events, MOST_EVENTS, options->spin_us > 0 ? 0 : -1);
    } while (count == 0 && now_ns() < sleeps_at);
    return count != 0 ? count : epoll_wait(epoll, events, MOST_EVENTS, -1);
}

/* Serves until a signal comes. */
static void serve(struct connection *server, struct connection *signals)
{
    struct epoll_event events[MOST_EVENTS];
    while (true) {
        int count = next_events(events);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == signals)
                return;
            if (c == server && batch != NULL)
                batch_echo(batch, c->fd, MOST_DATAGRAMS_IN_TURN / batch->capacity + 1);
            else if (c == server && options->transport == UDP)
                echo_datagrams(c->fd);
            else if (c == server)
                accept_all(c->fd);
            else if (c->rest != NULL)
                send_rest(c);
            else
                echo(c);
        }
    }
}

/* SIGINT and SIGTERM as events, so that none is missed between two calls. */
static int open_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    int fd = signalfd(-1, &ends, SFD_CLOEXEC);
    if (fd < 0 || sigprocmask(SIG_BLOCK, &ends, NULL) != 0)
        die("signalfd");
    return fd;
}

int run_server(const struct options *given)
{
    options = given;
    struct connection server = {.fd = open_server(options)};
    buffer = allocate((size_t)options->buffer, 1);
    batch = options->batch > 0 ? new_batch(options->batch, (size_t)options->buffer, false) : NULL;
    epoll = new_epoll();
    listen_for(&server, EPOLLIN, EPOLL_CTL_ADD);
    struct connection signals = {.fd = open_signals()};
    listen_for(&signals, EPOLLIN, EPOLL_CTL_ADD);
    printf("server=native-%s engine=\"epoll, one thread, spins %d us\" runtime=\"C, gcc %s\" buffer=%d\n",
           transport_names[options->transport], options->spin_us, __VERSION__, options->buffer);
    puts("ready");
    fflush(stdout);
    serve(&server, &signals);
    if (options->transport == UNIX && options->path[0] != '@')
        unlink(options->path);
    return STATUS_OK;
}

/* Sends datagrams one way, as fast as it can or at a fixed rate: one by one, in batches, or in runs that the kernel cuts. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "basics.h"
#include "batches.h"
#include "commands.h"
#include "pace.h"
#include "pattern.h"
#include "run.h"
#include "sockets.h"

#define CALLS_IN_TURN 16 /* as fast as it can: before the clock is looked at again */

/* UDP_SEGMENT takes the size of the datagrams as 16 bits (udp(7)). */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

static struct run run;
static int fd;
static struct sockaddr_in target;
static struct batch *batch; /* --batch */
static struct msghdr whole; /* --segments: a run as one message */

/* Each sends once and returns how many datagrams went, or -1. */

static int send_one(void)
{
    ssize_t sent = sendto(fd, pattern_at(0), (size_t)run.options->size, 0, (struct sockaddr *)&target, sizeof target);
    return sent < 0 ? -1 : 1;
}

static int send_batch(void)
{
    return sendmmsg(fd, batch->messages, (unsigned)batch->capacity, 0);
}

static int send_run(void)
{
    ssize_t sent = sendmsg(fd, &whole, 0);
    return sent < 0 ? -1 : run.options->segments;
}

static void prepare_batch(const struct options *options)
{
    batch = new_batch(options->batch, (size_t)options->size, false);
    for (int i = 0; i < batch->capacity; i++) {
        batch->names[i] = target;
        memcpy(batch->vectors[i].iov_base, pattern_at(0), (size_t)options->size);
    }
}

static void prepare_run(const struct options *options)
{
    static union control control;
    static struct iovec vector;
    uint16_t size = (uint16_t)options->size;
    vector = (struct iovec){.iov_base = (void *)(uintptr_t)pattern_at(0), .iov_len = (size_t)options->size * (size_t)options->segments};
    whole = (struct msghdr){.msg_name = &target, .msg_namelen = sizeof target, .msg_iov = &vector, .msg_iovlen = 1};
    if (options->segments == 1)
        return; /* Kernels differ in whether they cut a run of one. */
    whole.msg_control = &control;
    whole.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&whole);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(header), &size, sizeof size);
}

static void send_once(void)
{
    int sent = run.options->segments > 0 ? send_run() : run.options->batch > 0 ? send_batch() : send_one();
    if (sent > 0)
        run_leave(&run, (uint64_t)sent);
    else
        run_error(&run, strerror(errno));
}

static void send_flat_out(void)
{
    while (run_sends(&run)) {
        for (int i = 0; i < CALLS_IN_TURN; i++)
            send_once();
        run_tick(&run, now_ns());
    }
}

/* A batch or a run leaves when its first datagram is due. */
static void send_by_the_clock(const struct options *options)
{
    struct epoll_event nothing[MOST_EVENTS];
    int epoll = new_epoll();
    uint64_t in_call = (uint64_t)(options->segments > 0 ? options->segments : options->batch > 0 ? options->batch : 1);
    uint64_t next = 0;
    while (run_sends(&run)) {
        wait_for_events(epoll, nothing, run_due(&run, next));
        uint64_t now = now_ns();
        run_tick(&run, now);
        for (int i = 0; i < MOST_IN_TURN && run_sends(&run) && run_due(&run, next) <= now; i++, next += in_call)
            send_once();
    }
}

int run_send(const struct options *options)
{
    fd = open_sender(options, &target);
    if (options->batch > 0)
        prepare_batch(options);
    else if (options->segments > 0)
        prepare_run(options);
    run_start(&run, options);
    if (options->rate > 0)
        send_by_the_clock(options);
    else
        send_flat_out();
    printf("send size=%d batch=%d segments=%d rate=%.0f", options->size, options->batch, options->segments, options->rate);
    run_print_one_way(&run);
    putchar('\n');
    return run.errors == 0 && run.answers > 0 ? STATUS_OK : STATUS_ERRORS;
}

/* Takes datagrams and counts them until a signal comes: one by one, in batches, or in runs that the kernel has joined. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "basics.h"
#include "batches.h"
#include "commands.h"
#include "drops.h"
#include "processes.h"
#include "sockets.h"

#define LOOK_US 100000 /* a call waits so long, so that a signal between two calls is noticed, too */

static volatile sig_atomic_t is_over;

static uint64_t received;
static uint64_t bytes;
static uint64_t calls;

static void end(int signal)
{
    (void)signal;
    is_over = 1;
}

/* Without SA_RESTART, so that it ends a call that waits. */
static void end_by_signals(void)
{
    struct sigaction action = {.sa_handler = end};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0)
        die("sigaction");
}

static int open_sink(const struct options *options)
{
    int fd = open_server(options);
    int flags = fcntl(fd, F_GETFL);
    struct timeval look = {.tv_usec = LOOK_US};
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look) != 0)
        die("SO_RCVTIMEO");
    int yes = 1;
    if (options->gro && setsockopt(fd, SOL_UDP, UDP_GRO, &yes, sizeof yes) != 0)
        die("UDP_GRO (Linux 5.0)");
    return fd;
}

static void take_one(struct batch *batch, int fd)
{
    socklen_t length = sizeof batch->names[0];
    ssize_t count = recvfrom(fd, batch->bytes, batch->slot_bytes, 0, (struct sockaddr *)&batch->names[0], &length);
    if (count < 0)
        return;
    received++;
    bytes += (uint64_t)count;
    calls++;
}

/* Waits for the first one only. */
static void take_batch(struct batch *batch, int fd)
{
    int count = batch_receive(batch, fd, MSG_WAITFORONE);
    for (int i = 0; i < count; i++) {
        received += batch_datagrams(batch, i);
        bytes += batch->messages[i].msg_len;
    }
    calls += count > 0;
}

static void take(const struct options *options, struct batch *batch, int fd)
{
    errno = 0;
    if (options->batch > 0 || options->gro)
        take_batch(batch, fd);
    else
        take_one(batch, fd);
    if (errno != 0 && errno != EAGAIN && errno != EINTR)
        die("receive");
}

int run_sink(const struct options *options)
{
    int fd = open_sink(options);
    struct batch *batch = new_batch(options->batch > 0 ? options->batch : 1, (size_t)options->buffer, options->gro);
    end_by_signals();
    printf("server=native-sink engine=\"one thread, %s\" runtime=\"C, gcc %s\" buffer=%d\n",
           options->gro ? "recvmmsg and UDP_GRO" : options->batch > 0 ? "recvmmsg" : "recvfrom", __VERSION__, options->buffer);
    puts("ready");
    fflush(stdout);
    while (received == 0 && !is_over)
        take(options, batch, fd);
    uint64_t first = received, began = now_ns(), cpu = cpu_ns(0);
    while (!is_over)
        take(options, batch, fd);
    double seconds = (double)(now_ns() - began) / (double)NS_PER_SECOND;
    double used = (double)(cpu_ns(0) - cpu) / (double)NS_PER_US;
    double counted = received > first ? (double)(received - first) : 1;
    printf("sink batch=%d gro=%d transport=udp seconds=%.3f msgs_per_s=%.0f cpu_us_per_msg=%.4f received=%" PRIu64 " bytes=%" PRIu64
           " calls=%" PRIu64 " dropped=%" PRIu32 "\n",
           options->batch, options->gro, seconds, seconds > 0 ? (double)(received - first) / seconds : 0, used / counted, received, bytes,
           calls, drops_of_socket(fd));
    return received > 0 ? STATUS_OK : STATUS_ERRORS;
}

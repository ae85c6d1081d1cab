/* Echo load over UDP, in a closed loop or at a fixed rate. Each datagram carries its number. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "basics.h"
#include "commands.h"
#include "pace.h"
#include "pattern.h"
#include "run.h"
#include "sockets.h"

#define LOSS_NS (100 * NS_PER_MS) /* closed loop: a datagram without an echo for so long is lost, and the next one takes its place */
#define LAST_LOSS_NS (5 * NS_PER_SECOND) /* the same after the measurement, when nothing takes its place */
#define SWEEP_NS (10 * NS_PER_MS)
#define RATE_SLOTS 65536          /* fixed rate: datagrams that can be under way */
#define LARGEST 65536

/* A datagram under way. Its place is its number modulo the number of slots. */
struct slot {
    uint64_t number;
    uint64_t due;
    bool waits;
};

struct endpoint {
    int fd;
    uint64_t answered_in_time;
};

static struct run run;
static struct endpoint *endpoints;
static struct slot *slots;
static uint64_t slot_count;
static uint64_t next_message; /* at a fixed rate */
static uint64_t lost;
static uint64_t late;         /* echoes that came after they had been given up, or twice */
static int epoll;

static void lose(struct slot *slot)
{
    slot->waits = false;
    run.outstanding--;
    lost += run_counts(&run, slot->due);
}

static void check_listener(void)
{
    if (errno == ECONNREFUSED)
        fail("nobody listens on port %d", run.options->port);
}

static void send_datagram(uint64_t number, uint64_t due)
{
    static unsigned char datagram[LARGEST];
    size_t size = (size_t)run.options->size;
    struct slot *slot = &slots[number % slot_count];
    if (slot->waits)
        lose(slot);
    *slot = (struct slot){.number = number, .due = due, .waits = true};
    run.outstanding++;
    memcpy(datagram, &number, sizeof number);
    memcpy(datagram + sizeof number, pattern_at(number), size - sizeof number);
    /* What does not fit into the socket is lost as if the network had lost it. */
    if (send(endpoints[number % (uint64_t)run.options->connections].fd, datagram, size, 0) < 0 && errno != EAGAIN) {
        check_listener();
        die("send");
    }
}

static void take(struct endpoint *endpoint, const unsigned char *datagram, size_t length, uint64_t now)
{
    uint64_t number = UINT64_MAX;
    if (length >= sizeof number)
        memcpy(&number, datagram, sizeof number);
    struct slot *slot = &slots[number % slot_count];
    bool is_own = length == (size_t)run.options->size && number <= slot->number &&
                  endpoint == &endpoints[number % (uint64_t)run.options->connections];
    if (!is_own || memcmp(datagram + sizeof number, pattern_at(number), length - sizeof number) != 0) {
        run_error(&run, "an echo is not what was sent");
        return;
    }
    if (number != slot->number || !slot->waits) {
        late++;
        return;
    }
    slot->waits = false;
    run_answer(&run, slot->due, now);
    endpoint->answered_in_time += run.phase == MEASURE;
    if (run.options->rate == 0 && run_sends(&run))
        send_datagram(number + slot_count, now);
}

static void receive_all(struct endpoint *endpoint)
{
    static unsigned char datagram[LARGEST];
    ssize_t length;
    while ((length = recv(endpoint->fd, datagram, sizeof datagram, 0)) >= 0)
        take(endpoint, datagram, (size_t)length, now_ns());
    check_listener();
    if (errno != EAGAIN)
        die("recv");
}

/* Closed loop: gives up what is lost, and sends the next datagram in its place. */
static void sweep(uint64_t now)
{
    uint64_t patience = run_sends(&run) ? LOSS_NS : LAST_LOSS_NS;
    for (uint64_t i = 0; i < slot_count; i++) {
        struct slot *slot = &slots[i];
        if (!slot->waits || now < slot->due + patience)
            continue;
        lose(slot);
        if (run_sends(&run))
            send_datagram(slot->number + slot_count, now);
    }
}

/* At a fixed rate: datagrams whose time has come leave, whatever has been answered. */
static void send_due(uint64_t now)
{
    for (int i = 0; i < MOST_IN_TURN && run_may_leave(&run, next_message) && run_due(&run, next_message) <= now; i++, next_message++)
        send_datagram(next_message, run_due(&run, next_message));
}

static void exchange(void)
{
    struct epoll_event events[MOST_EVENTS];
    bool has_rate = run.options->rate > 0;
    uint64_t next_sweep = 0;
    for (uint64_t i = 0; !has_rate && i < slot_count; i++)
        send_datagram(i, now_ns());
    while (run.phase != OVER) {
        uint64_t due = has_rate && run_may_leave(&run, next_message) ? run_due(&run, next_message) : UINT64_MAX;
        int count = wait_for_events(epoll, events, due);
        uint64_t now = now_ns();
        run_tick(&run, now);
        for (int i = 0; i < count; i++)
            receive_all(events[i].data.ptr);
        if (has_rate)
            send_due(now);
        if (!has_rate && now >= next_sweep) {
            sweep(now);
            next_sweep = now + SWEEP_NS;
        }
    }
}

static void open_all(const struct options *options)
{
    slot_count = options->rate > 0 ? RATE_SLOTS : (uint64_t)options->connections * (uint64_t)options->depth;
    slots = allocate(slot_count, sizeof *slots);
    endpoints = allocate((size_t)options->connections, sizeof *endpoints);
    epoll = new_epoll();
    for (int i = 0; i < options->connections; i++) {
        endpoints[i].fd = open_client(options, i);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &endpoints[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, endpoints[i].fd, &event) != 0)
            die("epoll_ctl");
    }
}

int run_datagrams(const struct options *options)
{
    open_all(options);
    run_start(&run, options);
    exchange();
    for (uint64_t i = 0; i < slot_count; i++) {
        if (slots[i].waits)
            lose(&slots[i]);
    }
    /* At a fixed rate, what could not even leave is lost as well. */
    for (; options->rate > 0 && run_due(&run, next_message) < run.end.time; next_message++)
        lost += run_counts(&run, run_due(&run, next_message));
    int starved = 0;
    for (int i = 0; i < options->connections; i++)
        starved += endpoints[i].answered_in_time == 0;
    printf("echo connections=%d size=%d depth=%d rate=%.0f", options->connections, options->size, options->depth, options->rate);
    run_print(&run, "msg");
    printf(" starved=%d lost=%" PRIu64 " late=%" PRIu64 "\n", starved, lost, late);
    return run.errors == 0 && run.answers > 0 ? STATUS_OK : STATUS_ERRORS;
}

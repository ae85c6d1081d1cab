#define _GNU_SOURCE
#include "pace.h"

#include <errno.h>
#include <time.h>

#include "basics.h"
#include "run.h"

#define WAKE_UP_NS (100 * NS_PER_US) /* a sleep ends so much late now and then, so the last part is polled */

int new_epoll(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        die("epoll_create1");
    return epoll;
}

int wait_for_events(int epoll, struct epoll_event *events, uint64_t due)
{
    uint64_t sleep = LONGEST_SLEEP_MS * NS_PER_MS;
    if (due != UINT64_MAX) {
        uint64_t now = now_ns();
        uint64_t left = due > now + WAKE_UP_NS ? due - now - WAKE_UP_NS : 0;
        sleep = left < sleep ? left : sleep;
    }
    struct timespec time = {.tv_nsec = (long)sleep};
    int count = epoll_pwait2(epoll, events, MOST_EVENTS, &time, NULL);
    if (count < 0 && errno != EINTR)
        die("epoll_pwait2");
    return count < 0 ? 0 : count;
}

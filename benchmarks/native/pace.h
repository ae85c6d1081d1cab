/* Sleeping in epoll until something has come or a moment is near. */
#ifndef PACE_H
#define PACE_H

#include <stdint.h>
#include <sys/epoll.h>

#define MOST_EVENTS 1024

int new_epoll(void);

/* Waits for events, at most until the next message is due; UINT64_MAX: none is. Returns their number. */
int wait_for_events(int epoll, struct epoll_event *events, uint64_t due);

#endif

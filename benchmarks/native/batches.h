/* Many datagrams per call: recvmmsg(2), sendmmsg(2), and runs that the kernel joins. To be included after _GNU_SOURCE. */
#ifndef BATCHES_H
#define BATCHES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Places for datagrams, with all that a call has to be told of them. */
struct batch {
    int capacity;
    int used;          /* messages that the last receive has written to */
    size_t slot_bytes;
    unsigned char *bytes;
    struct sockaddr_in *names;
    struct iovec *vectors;
    struct mmsghdr *messages;
    union control *controls; /* NULL: nothing but datagrams and their senders is asked for */
};

/* `joined`: with room for what the kernel says of a run that it hands over as one. */
struct batch *new_batch(int capacity, size_t slot_bytes, bool joined);

/* Receives what is there, as recvmmsg(2) does. Returns the number of messages, or -1. */
int batch_receive(struct batch *batch, int fd, int flags);

/* How many datagrams a received message is: more than one if the kernel has joined them. */
uint64_t batch_datagrams(const struct batch *batch, int message);

/* Receives what is there and sends it back, at most so many batches. */
void batch_echo(struct batch *batch, int fd, int most);

#endif

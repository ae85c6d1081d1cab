#define _GNU_SOURCE
#include "batches.h"

#include <netinet/udp.h>
#include <string.h>

#include "basics.h"

/* UDP_GRO tells the size of a run's datagrams as an int (udp(7)). */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

struct batch *new_batch(int capacity, size_t slot_bytes, bool joined)
{
    struct batch *batch = allocate(1, sizeof *batch);
    size_t count = (size_t)capacity;
    *batch = (struct batch){
        .capacity = capacity,
        .used = capacity,
        .slot_bytes = slot_bytes,
        .bytes = allocate(count, slot_bytes),
        .names = allocate(count, sizeof *batch->names),
        .vectors = allocate(count, sizeof *batch->vectors),
        .messages = allocate(count, sizeof *batch->messages),
        .controls = joined ? allocate(count, sizeof *batch->controls) : NULL,
    };
    for (size_t i = 0; i < count; i++) {
        batch->vectors[i] = (struct iovec){.iov_base = batch->bytes + i * slot_bytes, .iov_len = slot_bytes};
        batch->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->names[i],
            .msg_namelen = sizeof batch->names[i],
            .msg_iov = &batch->vectors[i],
            .msg_iovlen = 1,
            .msg_control = joined ? &batch->controls[i] : NULL,
        };
    }
    return batch;
}

int batch_receive(struct batch *batch, int fd, int flags)
{
    /* A call writes its results where the limits were; only what the last one has used is put back. */
    for (int i = 0; i < batch->used; i++) {
        batch->vectors[i].iov_len = batch->slot_bytes;
        batch->messages[i].msg_hdr.msg_namelen = sizeof batch->names[i];
        batch->messages[i].msg_hdr.msg_controllen = batch->controls != NULL ? sizeof batch->controls[i] : 0;
    }
    int count = recvmmsg(fd, batch->messages, (unsigned)batch->capacity, flags, NULL);
    batch->used = count > 0 ? count : 0;
    return count;
}

uint64_t batch_datagrams(const struct batch *batch, int message)
{
    const struct mmsghdr *received = &batch->messages[message];
    const struct cmsghdr *control = CMSG_FIRSTHDR(&received->msg_hdr);
    if (control == NULL || control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO)
        return 1;
    int size;
    memcpy(&size, CMSG_DATA(control), sizeof size);
    return size > 0 ? (received->msg_len + (unsigned)size - 1) / (unsigned)size : 1; /* The last one may be shorter. */
}

static void send_back(struct batch *batch, int fd, int count)
{
    for (int i = 0; i < count; i++)
        batch->vectors[i].iov_len = batch->messages[i].msg_len;
    for (int done = 0; done < count;) {
        int sent = sendmmsg(fd, batch->messages + done, (unsigned)(count - done), 0);
        /* Nobody has to be told of a datagram that cannot be sent. */
        done += sent > 0 ? sent : 1;
    }
}

void batch_echo(struct batch *batch, int fd, int most)
{
    for (int i = 0; i < most; i++) {
        int count = batch_receive(batch, fd, MSG_DONTWAIT);
        if (count <= 0)
            return;
        send_back(batch, fd, count);
    }
}

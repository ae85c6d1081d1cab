/* TLS on sockets that do not block, by OpenSSL. Without -DTLS the program has none. */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"

/* A place for one connection after another, which may resume each other's sessions. */
struct tls;

/* Handshakes so far that offered the session of the connection before, and those of them that the server took. */
struct tls_counts {
    uint64_t handshakes;
    uint64_t offered;
    uint64_t resumed;
};

extern struct tls_counts tls_counts;

/* NULL without --tls. */
struct tls *tls_new(const struct options *options);

/* A new connection on this socket, which is connected. The caller closes the socket. */
void tls_begin(struct tls *tls, int fd);

/* 1: done. -1: failed, or EAGAIN: again when the socket is readable. */
int tls_handshake(struct tls *tls);

/* tls_begin and the whole handshake; ends the program if it fails. */
void tls_connect(struct tls *tls, int fd);

/* Like send and recv; with NULL they are. A receive takes one record, so it has to be repeated until EAGAIN. */
ssize_t tls_send(struct tls *tls, int fd, const void *bytes, size_t length);
ssize_t tls_receive(struct tls *tls, int fd, void *buffer, size_t length);

/* Whether bytes were read that epoll knows nothing of. */
bool tls_holds_bytes(const struct tls *tls);

/* Says close_notify, and keeps the session for the next connection. */
void tls_end(struct tls *tls);

#endif

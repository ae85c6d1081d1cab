/* Opens sockets the same way for all commands. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <netinet/in.h>

#include "options.h"

/* A bound socket that does not block; for TCP and Unix it listens. */
int open_server(const struct options *options);

/* A socket for datagrams that waits while it is full, and where its datagrams go; it is not connected. */
int open_sender(const struct options *options, struct sockaddr_in *target);

/* A connected socket that does not block. `number` chooses the source address. */
int open_client(const struct options *options, int number);

/* As open_client, but a TCP connection may still be on its way: EPOLLOUT says that it is there, or has failed. */
int begin_client(const struct options *options, int number);

#endif

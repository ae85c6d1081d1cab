/* Datagrams that the kernel has dropped in front of a socket because its receive buffer was full. */
#ifndef DROPS_H
#define DROPS_H

#include <stdint.h>

/* In front of this socket. */
uint32_t drops_of_socket(int fd);

/* In front of the IPv4 sockets of this machine that are bound to the port; -1 if there is none, as for one elsewhere. */
int64_t drops_of_port(int port);

#endif

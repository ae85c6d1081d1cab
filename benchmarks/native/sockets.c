#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "basics.h"

#define BACKLOG 4096
#define DATAGRAM_QUEUE_BYTES (4 << 20) /* a burst should not be lost in a small queue; the system may give less */

struct address {
    socklen_t length;
    union {
        struct sockaddr any;
        struct sockaddr_in internet;
        struct sockaddr_un local;
    } value;
};

static struct address address_of(const struct options *options)
{
    struct address address = {0};
    if (options->transport != UNIX) {
        address.length = sizeof address.value.internet;
        address.value.internet.sin_family = AF_INET;
        address.value.internet.sin_port = htons((uint16_t)options->port);
        if (inet_pton(AF_INET, options->host, &address.value.internet.sin_addr) != 1)
            refuse("--host %s is not a numeric IPv4 address.", options->host);
        return address;
    }
    size_t length = strlen(options->path);
    if (length == 0 || length >= sizeof address.value.local.sun_path)
        refuse("--unix: a path has 1 to %zu bytes.", sizeof address.value.local.sun_path - 1);
    address.length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    address.value.local.sun_family = AF_UNIX;
    memcpy(address.value.local.sun_path, options->path, length);
    if (options->path[0] == '@')
        address.value.local.sun_path[0] = '\0';
    return address;
}

static int new_socket(const struct options *options)
{
    int type = options->transport == UDP ? SOCK_DGRAM : SOCK_STREAM;
    int fd = socket(options->transport == UNIX ? AF_UNIX : AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket (see ulimit -n)");
    if (options->transport == TCP) {
        int yes = 1;
        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0)
            die("TCP_NODELAY");
    } else if (options->transport == UDP) {
        int bytes = DATAGRAM_QUEUE_BYTES;
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0 ||
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) != 0)
            die("SO_RCVBUF");
    }
    return fd;
}

static void do_not_block(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        die("fcntl");
}

/* The port is chosen by connect(2), which knows both ends: only so can ports be used for several destinations. */
static void bind_source(int fd, const struct options *options, int number)
{
    if (options->sources == 1)
        return;
    int yes = 1;
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(number % options->sources));
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&source, sizeof source) != 0)
        die("bind to a source address");
}

static void connect_or_die(int fd, const struct options *options)
{
    struct address server = address_of(options);
    if (connect(fd, &server.value.any, server.length) == 0 || errno == EINPROGRESS)
        return;
    if (errno == EADDRNOTAVAIL)
        fail("connect: no port is free any more; --sources gives more addresses");
    die("connect");
}

int open_server(const struct options *options)
{
    struct address address = address_of(options);
    int fd = new_socket(options);
    int yes = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0)
        die("SO_REUSEADDR");
    struct stat file;
    if (options->transport == UNIX && stat(options->path, &file) == 0 && S_ISSOCK(file.st_mode))
        unlink(options->path); /* Left by a server that was killed. */
    if (bind(fd, &address.value.any, address.length) != 0)
        die("bind");
    if (options->transport != UDP && listen(fd, BACKLOG) != 0)
        die("listen");
    do_not_block(fd);
    return fd;
}

int open_sender(const struct options *options, struct sockaddr_in *target)
{
    *target = address_of(options).value.internet;
    return new_socket(options);
}

int open_client(const struct options *options, int number)
{
    int fd = new_socket(options);
    bind_source(fd, options, number);
    connect_or_die(fd, options);
    do_not_block(fd);
    return fd;
}

int begin_client(const struct options *options, int number)
{
    /* A Unix connect that does not block fails when the server's queue is full, and nothing says when to try again. */
    if (options->transport == UNIX)
        return open_client(options, number);
    int fd = new_socket(options);
    bind_source(fd, options, number);
    do_not_block(fd);
    connect_or_die(fd, options);
    return fd;
}

#include "drops.h"

#include <inttypes.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <sys/socket.h>

#include "basics.h"

#define LINE 512 /* net/ipv4/udp.c pads each line to 127 characters */

uint32_t drops_of_socket(int fd)
{
    uint32_t values[SK_MEMINFO_VARS] = {0}; /* linux/sock_diag.h */
    socklen_t length = sizeof values;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &length) != 0)
        die("SO_MEMINFO");
    return values[SK_MEMINFO_DROPS];
}

/* The columns are those of udp4_format_sock in net/ipv4/udp.c: number, local and remote address, state, queues, timer, retransmits,
   user, timeout, inode, references, pointer, drops. */
int64_t drops_of_port(int port)
{
    FILE *file = fopen("/proc/net/udp", "re");
    if (file == NULL)
        return -1;
    char line[LINE];
    int64_t drops = -1;
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned local;
        uint64_t dropped;
        if (sscanf(line, "%*d: %*x:%x %*x:%*x %*x %*x:%*x %*x:%*x %*x %*u %*u %*u %*u %*x %" SCNu64, &local, &dropped) == 2 &&
            local == (unsigned)port)
            drops = (drops < 0 ? 0 : drops) + (int64_t)dropped;
    }
    fclose(file);
    return drops;
}

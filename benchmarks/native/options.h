/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

enum command { SERVE, ECHO, CONNECT, IDLE, SINK, SEND };
enum transport { TCP, UNIX, UDP };

struct options {
    enum command command;
    enum transport transport;
    const char *host; /* numeric IPv4 address */
    int port;
    const char *path; /* of a Unix socket; a leading @ means an abstract name */
    int connections;
    int size;         /* bytes per message */
    int depth;        /* messages in flight per connection */
    double rate;      /* messages per second of all connections; 0: a closed loop */
    double warmup;
    double seconds;
    double every;     /* seconds between lines with the rate; 0: none */
    bool go;          /* a line on standard input ends the warm-up */
    pid_t server_pid;
    bool tls;
    bool resume;      /* each connection but the first ones resumes the session of the one before */
    int sources;      /* source addresses 127.0.0.1 and up */
    int buffer;
    int spin_us;
    int batch;        /* datagrams per call; 0: one by one */
    int segments;     /* datagrams that are sent as one run, which the kernel cuts; 0: none */
    bool gro;         /* runs may be received as one */
};

extern const char *const transport_names[];

struct options parse_options(int argc, char **argv);

#endif

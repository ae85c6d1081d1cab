#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basics.h"

#define LONGEST_DATAGRAM 65507 /* 65535 less the headers of IPv4 and UDP */
#define SHORTEST_DATAGRAM 8    /* it carries its number */
#define SAID_BEFORE_IDLE 64
#define MOST_SOURCES 250       /* in the last byte of 127.0.0.x */
#define LONGEST_RUN 3600.0     /* seconds */
#define MOST_IN_BATCH 1024     /* what sendmmsg(2) takes in one call: UIO_MAXIOV of linux/uio.h */
#define MOST_SEGMENTS 64       /* UDP_MAX_SEGMENTS of include/linux/udp.h; later kernels take more */

const char *const transport_names[] = {"tcp", "unix", "udp"};

static const char usage[] =
    "usage: native-load echo    SERVER [--connections 1] [--size 32] [--depth 1 | --rate MESSAGES_PER_SECOND] [RUN]\n"
    "       native-load connect SERVER [--connections 64] [--size 1] [--resume] [RUN]      not for UDP\n"
    "       native-load idle    SERVER [--connections 1000] [--size BYTES] [RUN]              not for UDP\n"
    "       native-load serve   SERVER [--buffer 65536] [--spin-us 0] [--batch N]\n"
    "       native-load sink    --udp PORT [--buffer 65536] [--batch N] [--gro]\n"
    "       native-load send    --udp PORT [--size 32] [--batch N | --segments N] [--rate MESSAGES_PER_SECOND] [RUN]\n"
    "  SERVER is --tcp PORT, --udp PORT or --unix PATH; --host ADDRESS is a numeric IPv4 address (127.0.0.1),\n"
    "    a PATH that begins with @ is an abstract name.\n"
    "  RUN is --warmup SECONDS (1.5), --seconds SECONDS (2), --server-pid PID, --every SECONDS, --go, --sources N (1), --tls.\n"
    "\n"
    "  echo     each connection has --depth messages in flight and sends the next when an echo is complete (closed loop).\n"
    "           With --rate, messages leave by the clock whether or not echoes come back, and each latency counts from the\n"
    "           moment at which its message should have left, so that a slow server cannot hide its delays.\n"
    "  connect  connects, gets one message back and closes, --connections at a time.\n"
    "  idle     holds connections that say nothing, or with --size nothing after one message; prints 'open' when all of them are.\n"
    "  serve    the echo server: one thread and epoll. --spin-us polls that long before it sleeps. Prints 'ready'.\n"
    "           With --batch it receives and sends up to N datagrams per call (recvmmsg, sendmmsg).\n"
    "  sink     takes datagrams and counts them until SIGINT or SIGTERM. Prints 'ready', and at the end its figures. --batch takes\n"
    "           up to N per call, --gro runs that the kernel hands over as one (UDP_GRO).\n"
    "  send     sends datagrams whether or not anybody takes them, as fast as it can or --rate per second: one by one, N per call,\n"
    "           or N as one run that the kernel cuts (UDP_SEGMENT). Of a receiver on this machine it says what the kernel dropped.\n"
    "\n"
    "  --server-pid  also reports that process: CPU time of all its threads, and for idle its resident memory.\n"
    "  --every       prints the rate of each such interval, from the first message on.\n"
    "  --go          --warmup is the longest warm-up; a line on standard input ends it.\n"
    "  --sources     connects from 127.0.0.1 to 127.0.0.N in turn: one address has some 28 000 ports.\n"
    "  --tls         speaks TLS as a client, by OpenSSL, and checks no certificate. Not for UDP. An idle connection says 64 bytes first.\n"
    "  --resume      connect: each connection resumes the session of the one before, and the line tells how often the server agreed.\n"
    "Every byte that comes back is compared. The result is one line of key=value pairs; the status is 0 if every echo was\n"
    "right, 1 if anything was wrong, 2 for wrong arguments.\n";

static long parse_integer(const char *name, const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *text == '\0' || *end != '\0' || value < least || value > most)
        refuse("--%s %s is not a whole number from %ld to %ld.", name, text, least, most);
    return value;
}

static double parse_decimal(const char *name, const char *text, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !isfinite(value) || value < 0 || value > most)
        refuse("--%s %s is not a number from 0 to %.0f.", name, text, most);
    return value;
}

static enum command parse_command(int argc, char **argv)
{
    static const char *const names[] = {"serve", "echo", "connect", "idle", "sink", "send"};
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        exit(STATUS_OK);
    }
    for (int i = 0; argc > 1 && i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(argv[1], names[i]) == 0)
            return (enum command)i;
    }
    refuse("%s", usage);
}

static struct options defaults_of(enum command command)
{
    struct options options = {
        .command = command, .host = "127.0.0.1", .connections = 1, .size = 32, .depth = 1,
        .warmup = 1.5, .seconds = 2, .sources = 1, .buffer = 65536,
    };
    if (command == CONNECT) {
        options.connections = 64;
        options.size = 1;
    } else if (command == IDLE) {
        options.connections = 1000;
        options.size = 0;
    }
    return options;
}

static void check_one_way(const struct options *options)
{
    bool is_send = options->command == SEND, is_sink = options->command == SINK;
    if ((is_send || is_sink) && options->transport != UDP)
        refuse("sink and send are for datagrams: --udp.");
    if (options->batch > 0 && !is_send && !is_sink && (options->command != SERVE || options->transport != UDP))
        refuse("--batch is for serve, sink and send with --udp.");
    if ((options->segments > 0 && !is_send) || (options->gro && !is_sink))
        refuse("--segments is for send, --gro for sink.");
    if (options->batch > 0 && options->segments > 0)
        refuse("Say --batch or --segments.");
    if (is_send && options->size * (options->segments > 0 ? options->segments : 1) > LONGEST_DATAGRAM)
        refuse("--size %d: all datagrams of a run have at most %d bytes together.", options->size, LONGEST_DATAGRAM);
}

static void check(const struct options *options)
{
    if (options->port == 0 && options->path == NULL)
        refuse("Say --tcp PORT, --udp PORT or --unix PATH.");
    if (options->transport == UDP && (options->command == CONNECT || options->command == IDLE))
        refuse("connect and idle are for connections: --tcp or --unix.");
    if (options->transport == UDP && options->command == ECHO &&
        (options->size < SHORTEST_DATAGRAM || options->size > LONGEST_DATAGRAM))
        refuse("--size %d: a datagram has %d to %d bytes.", options->size, SHORTEST_DATAGRAM, LONGEST_DATAGRAM);
    if (options->sources > 1 && (options->transport != TCP || strncmp(options->host, "127.", 4) != 0))
        refuse("--sources is for TCP on loopback.");
    if (options->tls && (options->transport == UDP || options->command == SERVE))
        refuse("--tls is for clients of connections.");
    if (options->resume && (!options->tls || options->command != CONNECT))
        refuse("--resume is for connect with --tls.");
    check_one_way(options);
    if (options->seconds <= 0)
        refuse("--seconds has to be above 0.");
}

struct options parse_options(int argc, char **argv)
{
    enum { TCP_PORT, UDP_PORT, UNIX_PATH, HOST, CONNECTIONS, SIZE, DEPTH, RATE, WARMUP, SECONDS, EVERY, GO, SERVER_PID, SOURCES,
           WITH_TLS, RESUME, BUFFER, SPIN_US, BATCH, SEGMENTS, GRO, HELP };
    static const struct option names[] = {
        {"tcp", required_argument, NULL, TCP_PORT}, {"udp", required_argument, NULL, UDP_PORT},
        {"unix", required_argument, NULL, UNIX_PATH}, {"host", required_argument, NULL, HOST},
        {"connections", required_argument, NULL, CONNECTIONS}, {"size", required_argument, NULL, SIZE},
        {"depth", required_argument, NULL, DEPTH}, {"rate", required_argument, NULL, RATE},
        {"warmup", required_argument, NULL, WARMUP}, {"seconds", required_argument, NULL, SECONDS},
        {"every", required_argument, NULL, EVERY}, {"go", no_argument, NULL, GO},
        {"server-pid", required_argument, NULL, SERVER_PID}, {"sources", required_argument, NULL, SOURCES},
        {"buffer", required_argument, NULL, BUFFER}, {"spin-us", required_argument, NULL, SPIN_US},
        {"tls", no_argument, NULL, WITH_TLS}, {"resume", no_argument, NULL, RESUME},
        {"batch", required_argument, NULL, BATCH}, {"segments", required_argument, NULL, SEGMENTS},
        {"gro", no_argument, NULL, GRO}, {"help", no_argument, NULL, HELP}, {0},
    };
    struct options options = defaults_of(parse_command(argc, argv));
    int name, index = 0;
    optind = 2;
    while ((name = getopt_long(argc, argv, "", names, &index)) != -1) {
        const char *option = names[index].name;
        switch (name) {
        case TCP_PORT:
        case UDP_PORT:
            options.transport = name == TCP_PORT ? TCP : UDP;
            options.port = (int)parse_integer(option, optarg, 1, 65535);
            break;
        case UNIX_PATH: options.transport = UNIX; options.path = optarg; break;
        case HOST: options.host = optarg; break;
        case CONNECTIONS: options.connections = (int)parse_integer(option, optarg, 1, 1000000); break;
        case SIZE: options.size = (int)parse_integer(option, optarg, 1, 1 << 24); break;
        case DEPTH: options.depth = (int)parse_integer(option, optarg, 1, 65536); break;
        case RATE: options.rate = parse_decimal(option, optarg, 1e8); break;
        case WARMUP: options.warmup = parse_decimal(option, optarg, LONGEST_RUN); break;
        case SECONDS: options.seconds = parse_decimal(option, optarg, LONGEST_RUN); break;
        case EVERY: options.every = parse_decimal(option, optarg, LONGEST_RUN); break;
        case GO: options.go = true; break;
        case SERVER_PID: options.server_pid = (pid_t)parse_integer(option, optarg, 1, INT_MAX); break;
        case SOURCES: options.sources = (int)parse_integer(option, optarg, 1, MOST_SOURCES); break;
        case WITH_TLS: options.tls = true; break;
        case RESUME: options.resume = true; break;
        case BUFFER: options.buffer = (int)parse_integer(option, optarg, 1, 1 << 26); break;
        case SPIN_US: options.spin_us = (int)parse_integer(option, optarg, 0, 1000000); break;
        case BATCH: options.batch = (int)parse_integer(option, optarg, 1, MOST_IN_BATCH); break;
        case SEGMENTS: options.segments = (int)parse_integer(option, optarg, 1, MOST_SEGMENTS); break;
        case GRO: options.gro = true; break;
        case HELP: fputs(usage, stdout); exit(STATUS_OK);
        default: exit(STATUS_USAGE); /* getopt_long has said what it does not know. */
        }
    }
    if (optind != argc)
        refuse("'%s' is not an option; options look like --tcp 9000.", argv[optind]);
    check(&options);
    if (options.tls && options.command == IDLE && options.size == 0)
        options.size = SAID_BEFORE_IDLE; /* The server's tickets come with the answer. */
    return options;
}

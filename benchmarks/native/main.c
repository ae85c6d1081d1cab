#include <sys/resource.h>

#include "basics.h"
#include "commands.h"
#include "pattern.h"

/* Thousands of connections need as many descriptors as this process may have. */
static void allow_many_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        die("setrlimit");
}

int main(int argc, char **argv)
{
    struct options options = parse_options(argc, argv);
    allow_many_descriptors();
    pattern_prepare();
    switch (options.command) {
    case SERVE: return run_server(&options);
    case CONNECT: return run_connects(&options);
    case IDLE: return run_idle(&options);
    case SINK: return run_sink(&options);
    case SEND: return run_send(&options);
    case ECHO: break;
    }
    return options.transport == UDP ? run_datagrams(&options) : run_streams(&options);
}

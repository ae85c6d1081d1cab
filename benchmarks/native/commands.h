/* What the program can do. Each returns the exit status. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"

int run_streams(const struct options *options);
int run_datagrams(const struct options *options);
int run_connects(const struct options *options);
int run_idle(const struct options *options);
int run_server(const struct options *options);
int run_sink(const struct options *options);
int run_send(const struct options *options);

#endif

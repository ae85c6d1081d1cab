using System.Runtime.InteropServices;
using SocketKit;
using SocketKit.Load;
using SocketException = System.Net.Sockets.SocketException;

const string Usage = """
    usage: SocketKit.Load server tcp-echo --port P [--host H] [--engine portable|epoll] [LOOPS] [--buffer 16384] [WORK]
                                          [--limits yes] [--telemetry yes] [--tls yes]
           SocketKit.Load server tcp-pipe --port P [--host H] [--engine portable|epoll] [LOOPS] [--later yes] [WORK]
           SocketKit.Load server tcp-messages --port P [--host H] [--engine portable|epoll] [LOOPS] [--size 32] [--await yes] [WORK]
           SocketKit.Load server raw|raw-sync|networkstream|saea --port P [--host H] [--buffer 16384] [WORK]
           SocketKit.Load server sslstream --port P [--host H] [--buffer 16384] [--wait direct|zero] [--idle yes] [WORK]
           SocketKit.Load server raw-idle --port P [--host H] [--buffer 16384]
           SocketKit.Load server raw-udp --port P [--host H]
           SocketKit.Load server tcp-idle --port P [--host H] [--engine portable|epoll] [LOOPS] [--connections 10000]
                                          [--limits yes] [--messages yes] [--tls yes]
           SocketKit.Load client tcp-echo --port P [--host H] [--engine portable|epoll] [LOOPS] [--connections 1] [--size 32] [--depth 1]
                                          [--seconds 5] [--warmup 1.5]
           SocketKit.Load server tcp-hold --port P [--host H] [--engine portable|epoll] [LOOPS]
           SocketKit.Load client tcp-hold --port P [--host H] [--engine portable|epoll] [LOOPS] [--held 1] [--milliseconds 5] [--burn yes]
                                          [--neighbours 8] [--seconds 5] [--warmup 1.5]
           SocketKit.Load client tcp-timeout --port P [--host H] [--engine portable|epoll] [LOOPS] [--connections 100] [--milliseconds 50]
                                             [--seconds 5] [--warmup 1.5]
           SocketKit.Load server udp-echo --port P [--host H] [--engine portable|epoll] [--batch N [--size 2048]]
           SocketKit.Load server udp-sink --port P [--host H] [--engine portable|epoll] [--by await|batch|gro [--batch 32] [--size 2048]]
                                          [--seconds S]
           SocketKit.Load server raw-udp-sink --port P [--host H] [--seconds S]
           SocketKit.Load client udp-send --port P [--host H] [--engine portable|epoll] [--by one|batch|segments] [--size 1200]
                                          [--batch 32 | --segments 32] [--seconds 5] [--warmup 1.5]
           SocketKit.Load client udp-send --port P [--host H] --by raw|raw-sync [--size 1200] [--seconds 5] [--warmup 1.5]
           SocketKit.Load client udp-echo --port P [--host H] [--engine portable|epoll] [--size 64] [--window 32]
                                          [--seconds 5] [--warmup 1.5]
           SocketKit.Load measure senders [--by messages|connection|raw] [--senders 64] [--size 32] [ENGINE] [TIME]
           SocketKit.Load measure broadcast [--by messages|messages-await|connection|raw] [--connections 1000] [--size 256] [ENGINE] [TIME]
           SocketKit.Load measure slow-readers [--readers 4500] [--silent 500] [--size 1024] [--interval 100] [--stall 5000] [ENGINE] [TIME]
           SocketKit.Load measure drip [--connections 1000] [--every 10] [--minimum-rate 0] [--limits yes] [ENGINE] [TIME]
           SocketKit.Load measure idle [--by messages|plain] [--connections 10000] [--limits yes] [ENGINE] [TIME]
           SocketKit.Load generate echo    SERVER [--connections 1] [--size 32] [--depth 1 | --rate MESSAGES_PER_SECOND] [RUN]
           SocketKit.Load generate connect SERVER [--connections 64] [--size 1] [RUN]      not for UDP
           SocketKit.Load generate idle    SERVER [--connections 1000] [RUN]               not for UDP
    LOOPS is any of --dispatch auto|inline|threadpool and, for the epoll engine, --loops N and --busy-poll auto|off|MICROSECONDS.
    WORK is --work N --work-kind spin|lock|json|file --work-on all|one|half|alternate: what each handler does before it answers.
    For spin and lock N is microseconds of processor time, else so many documents of 2 KiB go through System.Text.Json, or so many
    times 64 KiB are read from a file.
    --limits yes holds the connections to every limit that a server has: all time limits, per address, a filter. Without it there is none.
    H is a name or an address (127.0.0.1). Sizes are in bytes, depth and window are messages in flight (depth: per connection).
    --telemetry yes listens to every instrument and span of the library, and looks at those that are observed once a second.
    tcp-messages echoes messages of one size, in batches; with --await each answer is awaited. tcp-idle with --messages waits for
    messages of 32 bytes instead of bytes.
    raw, raw-sync, networkstream and saea are echo servers on System.Net.Sockets without this library: awaited calls on a Socket, a thread
    per connection, TcpListener with NetworkStream, and SocketAsyncEventArgs. raw-idle holds no buffer while nothing is there, and
    raw-udp and raw-udp-sink are for datagrams.
    sslstream is the echo server on SslStream over NetworkStream. It reads into the buffer of a connection, or waits with an empty read
    before (--wait zero); with --idle it holds no buffer meanwhile, and collects garbage every second. It and --tls yes make a certificate
    of their own, with a key for ECDSA.
    A server prints a line with its engine, runtime, buffer size and address (port 0: the system chooses one), then 'ready', and serves
    until it gets SIGINT or SIGTERM.
    A client checks every byte that comes back and prints one line of key=value pairs; its status is 1 if anything was wrong.
    For datagrams --batch receives and sends up to N in one call, each of at most --size bytes, without offload. A sink takes datagrams and
    counts them until a signal, or for S seconds from the first one on, and then prints its line: it takes them one by one, in batches, or
    in batches that the kernel may fill from runs (gro). udp-send sends to an address as fast as it can, whether or not anybody takes what
    it sends: one datagram per call, a batch, or a run that the kernel cuts (segments); raw and raw-sync are awaited and blocking calls on a
    Socket.

    measure is a server and its load in one command, and its line of key=value pairs is the server's; what arrives is checked, and the
    status is as a client's. ENGINE is [--engine portable|epoll] [LOOPS], TIME is [--seconds S] [--warmup S], intervals and stalls are in
    milliseconds. All but senders start their peers as a second process, which has plain sockets only.
      senders       many tasks send on one connection, each awaits its message before the next one.
      broadcast     one message to all, and the next one when the kernel has it all: by TrySend and FlushAsync, by SendAsync of messages
                    (messages-await) or of connections, or on System.Net.Sockets. The readers look at their connections in turn.
      slow-readers  a message to all by the clock, by TrySend, while some never read: those are cut after --stall, and nobody else. The
                    latencies are the others', from when a message was due to when its reader has it.
      drip          peers that send one byte of a message every so many seconds, and what that costs the server. With --minimum-rate
                    all of them have to be cut.
      idle          connections that say nothing, and wait for messages or for bytes: what they cost the server.

    generate is the load generator on System.Net.Sockets, for machines where the one in C (benchmarks/native) cannot be built: with its
    options, its output and its statuses (0: every echo was right, 1: anything was wrong, 2: wrong arguments).
    SERVER is --tcp PORT, --udp PORT or --unix PATH; --host ADDRESS is numeric (127.0.0.1), a PATH that begins with @ is an abstract name.
    RUN is --warmup SECONDS (1.5), --seconds SECONDS (2), --server-pid PID, --every SECONDS, --go, --sources N (1).
      echo     each connection has --depth messages in flight and sends the next when an echo is complete (closed loop). With --rate,
               messages leave by the clock whether or not echoes come back, and each latency counts from the moment at which its message
               should have left.
      connect  connects, gets one message back and closes, --connections at a time.
      idle     holds connections that say nothing; prints 'open' when all of them are.
      --server-pid  also reports that process: CPU time of all its threads, and for idle its resident memory.
      --every       prints the rate of each such interval, from the first message on.
      --go          --warmup is the longest warm-up; a line on standard input ends it.
      --sources     connects from 127.0.0.1 to 127.0.0.N in turn: one address has some 28 000 ports on Linux.
    """;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

try
{
    switch (args)
    {
        case ["--help" or "-h", ..]:
            Console.WriteLine(Usage);
            return 0;
        case ["generate", "echo", .. string[] rest]:
            return await Generator.RunAsync(GenerateCommand.Echo, rest, stop.Token) ? 0 : 1;
        case ["generate", "connect", .. string[] rest]:
            return await Generator.RunAsync(GenerateCommand.Connect, rest, stop.Token) ? 0 : 1;
        case ["generate", "idle", .. string[] rest]:
            return await Generator.RunAsync(GenerateCommand.Idle, rest, stop.Token) ? 0 : 1;
        case ["generate", "send" or "sink", ..]:
            return Refuse(
                "send and sink are commands of native-load alone (benchmarks/native, which needs gcc and Linux); here there are "
                + "client udp-send and server udp-sink.");
        case ["measure", string what, .. string[] rest]:
            return await Measures.RunAsync(what, rest, stop.Token) ? 0 : 1;
        case ["peers", string kind, .. string[] rest]:
            return Measures.RunPeers(kind, rest, stop.Token) ? 0 : 1;
        case ["server", "tcp-echo", .. string[] rest]:
            await TcpEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "tcp-pipe", .. string[] rest]:
            await TcpPipeServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "tcp-messages", .. string[] rest]:
            await TcpMessageServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "raw", .. string[] rest]:
            await RawEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "raw-sync", .. string[] rest]:
            await RawSyncEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "networkstream", .. string[] rest]:
            await NetworkStreamEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "sslstream", .. string[] rest]:
            await SslStreamEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "saea", .. string[] rest]:
            await SaeaEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "raw-idle", .. string[] rest]:
            await RawIdleServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "raw-udp", .. string[] rest]:
            await RawUdpEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "tcp-idle", .. string[] rest]:
            await TcpIdleServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "tcp-hold", .. string[] rest]:
            await TcpHoldServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "udp-echo", .. string[] rest]:
            await UdpEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "udp-sink", .. string[] rest]:
            await UdpSink.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "raw-udp-sink", .. string[] rest]:
            await RawUdpSink.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["client", "udp-send", .. string[] rest]:
            await UdpSendClient.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["client", "tcp-hold", .. string[] rest]:
            return await TcpHoldClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        case ["client", "tcp-timeout", .. string[] rest]:
            return await TcpTimeoutClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        case ["client", "udp-echo", .. string[] rest]:
            return await UdpEchoClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        case ["client", "tcp-echo", .. string[] rest]:
            return await TcpEchoClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        default:
            return Refuse("Say server, client, measure or generate, and what kind.");
    }
}
catch (FormatException problem)
{
    // A wrong argument: say which, without a stack trace.
    return Refuse(problem.Message);
}
catch (Exception problem) when (problem is GenerateException or MeasureException)
{
    // A run cannot go on: the message says why.
    await Console.Error.WriteLineAsync(problem.Message);
    return 1;
}
catch (OperationCanceledException)
{
    // Told to stop in the middle of a run: there are no figures.
    return 1;
}
catch (SocketException problem)
{
    // The port is taken, or the other side is missing or gone: the message says which.
    await Console.Error.WriteLineAsync(problem.Message);
    return 1;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

static int Refuse(string problem)
{
    Console.Error.WriteLine(problem);
    Console.Error.WriteLine(Usage);
    return 2;
}

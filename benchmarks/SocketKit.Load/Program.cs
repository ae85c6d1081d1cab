using System.Runtime.InteropServices;
using SocketKit;
using SocketKit.Load;
using SocketException = System.Net.Sockets.SocketException;

const string Usage = """
    usage: SocketKit.Load server tcp-echo --port P [--host H] [--engine portable|epoll] [LOOPS] [--buffer 16384] [WORK]
           SocketKit.Load server tcp-pipe --port P [--host H] [--engine portable|epoll] [LOOPS] [--later yes] [WORK]
           SocketKit.Load server raw|raw-sync|networkstream|saea --port P [--host H] [--buffer 16384] [WORK]
           SocketKit.Load server tcp-idle --port P [--host H] [--engine portable|epoll] [LOOPS] [--connections 10000]
           SocketKit.Load client tcp-echo --port P [--host H] [--engine portable|epoll] [LOOPS] [--connections 1] [--size 32] [--depth 1]
                                          [--seconds 5] [--warmup 1.5]
           SocketKit.Load server tcp-hold --port P [--host H] [--engine portable|epoll] [LOOPS]
           SocketKit.Load client tcp-hold --port P [--host H] [--engine portable|epoll] [LOOPS] [--held 1] [--milliseconds 5] [--burn yes]
                                          [--neighbours 8] [--seconds 5] [--warmup 1.5]
           SocketKit.Load client tcp-timeout --port P [--host H] [--engine portable|epoll] [LOOPS] [--connections 100] [--milliseconds 50]
                                             [--seconds 5] [--warmup 1.5]
           SocketKit.Load server udp-echo --port P [--host H] [--engine portable|epoll]
           SocketKit.Load server udp-sink --port P [--host H] [--engine portable|epoll] [--seconds 2]
           SocketKit.Load client udp-echo --port P [--host H] [--engine portable|epoll] [--size 64] [--window 32]
                                          [--seconds 5] [--warmup 1.5]
    LOOPS is any of --dispatch auto|inline|threadpool and, for the epoll engine, --loops N and --busy-poll auto|off|MICROSECONDS.
    WORK is --work N --work-kind spin|lock|json|file --work-on all|one|half|alternate: what each handler does before it answers.
    For spin and lock N is microseconds of processor time, else so many documents of 2 KiB go through System.Text.Json, or so many
    times 64 KiB are read from a file.
    H is a name or an address (127.0.0.1). Sizes are in bytes, depth and window are messages in flight (depth: per connection).
    raw, raw-sync, networkstream and saea are echo servers on System.Net.Sockets without this library: awaited calls on a Socket, a thread
    per connection, TcpListener with NetworkStream, and SocketAsyncEventArgs.
    A server prints a line with its engine, runtime, buffer size and address (port 0: the system chooses one), then 'ready', and serves
    until it gets SIGINT or SIGTERM; the sink counts from the first datagram on, and ends after its time or half a second of silence.
    A client checks every byte that comes back and prints one line of key=value pairs; its status is 1 if anything was wrong.
    """;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

try
{
    switch (args)
    {
        case ["server", "tcp-echo", .. string[] rest]:
            await TcpEchoServer.RunAsync(new Arguments(rest), stop.Token);
            return 0;
        case ["server", "tcp-pipe", .. string[] rest]:
            await TcpPipeServer.RunAsync(new Arguments(rest), stop.Token);
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
        case ["server", "saea", .. string[] rest]:
            await SaeaEchoServer.RunAsync(new Arguments(rest), stop.Token);
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
        case ["client", "tcp-hold", .. string[] rest]:
            return await TcpHoldClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        case ["client", "tcp-timeout", .. string[] rest]:
            return await TcpTimeoutClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        case ["client", "udp-echo", .. string[] rest]:
            return await UdpEchoClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        case ["client", "tcp-echo", .. string[] rest]:
            return await TcpEchoClient.RunAsync(new Arguments(rest), stop.Token) ? 0 : 1;
        default:
            return Refuse("Say server or client, and what kind.");
    }
}
catch (FormatException problem)
{
    // A wrong argument: say which, without a stack trace.
    return Refuse(problem.Message);
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

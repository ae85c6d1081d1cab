using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Datagrams;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux;

/// <summary>
/// Streams and datagrams on epoll(7): the loops wait for async calls and resume them inline. Blocking connects, and streams that were made
/// elsewhere, use the portable engine.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollEngine : SocketEngine
{
    private readonly SocketEngine _portable;
    private readonly EpollLoops _loops;

    /// <param name="description">Its name, and why it was chosen.</param>
    /// <param name="portable">The engine for what this one leaves to it.</param>
    /// <param name="loops">How many loops; more loops than processors never help.</param>
    /// <param name="busyPoll">Whether the loops poll before they sleep.</param>
    /// <param name="hasMonitor">False only in tests: no thread takes a loop over from user code that does not return.</param>
    /// <exception cref="SocketException">The system refuses epoll.</exception>
    public EpollEngine(string description, SocketEngine portable, int loops, BusyPoll busyPoll, bool hasMonitor = true)
        : base(description)
    {
        _portable = portable;
        _loops = new EpollLoops(this, loops, busyPoll, hasMonitor: hasMonitor);
    }

    internal override StreamChannel OpenStream(Socket connected)
    {
        int fd = Descriptors.Take(connected);
        return new EpollStream(_loops, fd, LazyEndPoint.LocalOf(fd), LazyEndPoint.RemoteOf(fd));
    }

    internal override StreamChannel AdoptStream(Socket connected, bool ownsSocket) => _portable.AdoptStream(connected, ownsSocket);

    internal override ListenerChannel OpenListener(Socket listening, bool ownsSocket) =>
        new ListenerCore(this, listening, ownsSocket, socket => new EpollAcceptor(_loops, socket, ownsSocket));

    internal override DatagramChannel OpenDatagram(Socket socket, bool ownsSocket) => new EpollDatagram(_loops, socket, ownsSocket);

    internal override PollSet OpenPollSet() => new EpollPollSet();

    internal override IoResult Connect(Socket socket, EndPoint remote, TimeSpan timeout, CancellationToken cancellationToken)
    {
        BlockingWait.Announce();
        return _portable.Connect(socket, remote, timeout, cancellationToken);
    }

    internal override async ValueTask<IoResult> ConnectAsync(Socket socket, EndPoint remote, CancellationToken cancellationToken)
    {
        try
        {
            socket.Blocking = false;
            int pause = Connecting.FirstRetryMilliseconds;
            while (!cancellationToken.IsCancellationRequested)
            {
                IoResult outcome = Connecting.Start(socket, remote);
                if (outcome.Status == ChannelStatus.WouldBlock && remote.AddressFamily != AddressFamily.Unix)
                {
                    outcome = await EpollConnect.WaitAsync(_loops, socket, cancellationToken).ConfigureAwait(false);
                }

                if (outcome.IsSuccess)
                {
                    Descriptors.RestoreBlocking(socket);
                }

                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }

                await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = Connecting.NextRetry(pause);
            }
        }
        catch (ObjectDisposedException)
        {
            // The caller closed the socket to end the attempt.
        }
        catch (SocketException exception)
        {
            // The system refused to change the socket's mode or to tell its error. Engines report system errors as outcomes, and a
            // connect race continues.
            return IoResult.Failed(exception.SocketErrorCode);
        }

        return IoResult.Ended(ChannelStatus.Canceled);
    }
}

using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>The engine over System.Net.Sockets: runs everywhere, and is the reference for every other engine.</summary>
/// <param name="description">Its name, and why it was chosen.</param>
/// <param name="ownDatagramCalls">
/// False only in tests: datagrams go through System.Net.Sockets even where this library has its own calls.
/// </param>
internal sealed class PortableEngine(string description, bool ownDatagramCalls = true) : SocketEngine(description)
{
    internal override StreamChannel OpenStream(Socket connected) => AdoptStream(connected, ownsSocket: true);

    internal override StreamChannel AdoptStream(Socket connected, bool ownsSocket) =>
        new PortableStream(this, connected, ownsSocket, ownsSocket && Descriptors.IsKnownToBlock(connected));

    internal override ListenerChannel OpenListener(Socket listening, bool ownsSocket) =>
        new ListenerCore(this, listening, ownsSocket, socket => new PortableAcceptor(this, socket, ownsSocket));

    internal override DatagramChannel OpenDatagram(Socket socket, bool ownsSocket)
    {
        bool blockingAtFirst = socket.Blocking;
        DatagramCalls calls = (ownDatagramCalls ? Descriptors.DatagramCalls(socket) : null) ?? new BclDatagramCalls(socket);
        return new PortableDatagram(this, socket, ownsSocket, calls, blockingAtFirst);
    }

    internal override PollSet OpenPollSet() => new SelectSet();

    internal override IoResult Connect(Socket socket, EndPoint remote, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = Deadline.After(timeout);
        using CancellationTokenRegistration abandon = cancellationToken.UnsafeRegister(static state => ((Socket)state!).Dispose(), socket);
        try
        {
            socket.Blocking = false;
            int pause = Connecting.FirstRetryMilliseconds;
            while (true)
            {
                IoResult outcome = Connecting.Start(socket, remote);
                if (outcome.Status == ChannelStatus.WouldBlock && remote.AddressFamily != AddressFamily.Unix)
                {
                    outcome = AwaitConnect(socket, deadline);
                }

                if (outcome.IsSuccess)
                {
                    Descriptors.RestoreBlocking(socket);
                }

                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }

                if (deadline.HasPassed)
                {
                    return IoResult.Ended(ChannelStatus.DeadlinePassed);
                }

                BlockingWait.Announce();
                cancellationToken.WaitHandle.WaitOne(pause);
                pause = Connecting.NextRetry(pause);
            }
        }
        catch (ObjectDisposedException)
        {
            // Abandoned: the token's registration closed the socket.
            return IoResult.Ended(ChannelStatus.Canceled);
        }
    }

    internal override async ValueTask<IoResult> ConnectAsync(Socket socket, EndPoint remote, CancellationToken cancellationToken)
    {
        int pause = Connecting.FirstRetryMilliseconds;
        while (true)
        {
            try
            {
                await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
                return default;
            }
            catch (OperationCanceledException)
            {
                // The token ended the wait; the caller disposes the socket.
                return IoResult.Ended(ChannelStatus.Canceled);
            }
            catch (ObjectDisposedException)
            {
                // The socket was closed before this attempt: .NET closes it when it cancels a connect, and the application may close it
                // after Configure. Either way this connect is abandoned.
                return IoResult.Ended(ChannelStatus.Canceled);
            }
            catch (SocketException exception)
                when (exception.SocketErrorCode == SocketError.WouldBlock && remote.AddressFamily == AddressFamily.Unix)
            {
                // The backlog is full: the next attempt comes after a pause, until the caller's token fires.
            }
            catch (SocketException exception)
            {
                // Refused, or no route. Engines report system errors as outcomes, and a connect race continues with the next address.
                return IoResult.Failed(exception.SocketErrorCode);
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = Connecting.NextRetry(pause);
        }
    }

    /// <summary>connect(2): the socket becomes writable when the handshake has ended, and SO_ERROR says how.</summary>
    private static IoResult AwaitConnect(Socket socket, Deadline deadline)
    {
        while (!PollWait.IsReady(socket, SelectMode.SelectWrite, deadline))
        {
            if (deadline.HasPassed)
            {
                return IoResult.Ended(ChannelStatus.DeadlinePassed);
            }
        }

        return Connecting.Finish(socket);
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Unix;

namespace SocketKit;

public sealed partial class UnixDatagramEndpoint
{
    /// <summary>
    /// Opens an endpoint without a name and connects it to a peer: connect(2). To get answers, bind a path and connect that endpoint. It
    /// waits only while the backlog of a sequenced-packet server is full, for at most <see cref="UnixDatagramOptions.ConnectTimeout"/>.
    /// </summary>
    /// <param name="path">The peer's path, at most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connected endpoint.</returns>
    /// <exception cref="ArgumentException">
    /// The path is empty, too long or contains NUL, or an option is out of range. Nothing was tried.
    /// </exception>
    /// <exception cref="SocketConnectException">
    /// AddressNotAvailable: there is no such file. ConnectionRefused: no socket is bound there. AccessDenied: no permission for the file.
    /// ProtocolType: the socket there has another type. TimedOut: the backlog of a sequenced-packet server stayed full. TooManyOpenSockets:
    /// no descriptor is left. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static UnixDatagramEndpoint Connect(string path, UnixDatagramOptions? options = null)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        UnixDatagramOptions copy = SocketOptions.Snapshot(options);
        long started = Stopwatch.GetTimestamp();
        Socket socket = OpenFor(address, copy, started);
        try
        {
            IoResult outcome = copy.EngineOrDefault.Connect(socket, address.EndPoint, copy.ConnectTimeout, CancellationToken.None);
            return Connected(socket, outcome, address, copy, started);
        }
        catch
        {
            // The descriptor must not leak, whatever ended the connect.
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The same as <see cref="Connect(string, UnixDatagramOptions?)"/>, without blocking a thread while the backlog of a sequenced-packet
    /// server is full.
    /// </summary>
    /// <param name="path">The peer's path, at most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no descriptor is left open.</param>
    /// <returns>The connected endpoint.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Connect(string, UnixDatagramOptions?)"/>. Thrown synchronously.</exception>
    /// <exception cref="SocketConnectException">As for <see cref="Connect(string, UnixDatagramOptions?)"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static Task<UnixDatagramEndpoint> ConnectAsync(
        string path, UnixDatagramOptions? options = null, CancellationToken cancellationToken = default)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        UnixDatagramOptions copy = SocketOptions.Snapshot(options);
        return RunAsync();

        async Task<UnixDatagramEndpoint> RunAsync()
        {
            ThrowIfCanceled(address, cancellationToken);
            long started = Stopwatch.GetTimestamp();
            Socket socket = OpenFor(address, copy, started);
            try
            {
                IoResult outcome = await ConnectAsync(socket, address, copy, cancellationToken).ConfigureAwait(false);
                if (!outcome.IsSuccess)
                {
                    ThrowIfCanceled(address, cancellationToken);
                }

                return Connected(socket, outcome, address, copy, started);
            }
            catch
            {
                // The descriptor must not leak, whatever ended the connect.
                socket.Dispose();
                throw;
            }
        }
    }

    private static async ValueTask<IoResult> ConnectAsync(
        Socket socket, UnixAddress address, UnixDatagramOptions options, CancellationToken cancellationToken)
    {
        var deadline = Deadline.After(options.ConnectTimeout);
        while (true)
        {
            // A timer may fire early, because its clock is coarser, and it takes at most 24 days. So look at the deadline again.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(deadline.NextWaitMilliseconds());
            IoResult outcome = await options.EngineOrDefault.ConnectAsync(socket, address.EndPoint, limit.Token).ConfigureAwait(false);
            if (outcome.Status != ChannelStatus.Canceled || cancellationToken.IsCancellationRequested || deadline.HasPassed)
            {
                return outcome;
            }
        }
    }

    private static void ThrowIfCanceled(UnixAddress address, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException($"connect to {address} was cancelled.", cancellationToken);
        }
    }

    private static Socket OpenFor(UnixAddress address, UnixDatagramOptions options, long started)
    {
        Socket socket;
        try
        {
            socket = new Socket(AddressFamily.Unix, TypeOf(options), ProtocolType.Unspecified);
        }
        catch (SocketException exception)
        {
            // No descriptor is left. The caller gets a SocketConnectException, even if connect(2) was never called.
            throw Failed(exception.SocketErrorCode, address, options, started);
        }

        return options.SetUp(socket);
    }

    private static UnixDatagramEndpoint Connected(
        Socket socket, IoResult outcome, UnixAddress address, UnixDatagramOptions options, long started) => outcome.IsSuccess
        ? Joined(socket, address.EndPoint.Serialize(), options)
        : throw Failed(outcome.Status == ChannelStatus.Failed ? outcome.Error : SocketError.TimedOut, address, options, started);

    private static SocketConnectException Failed(SocketError error, UnixAddress address, UnixDatagramOptions options, long started)
    {
        string message = $"connect to {address} failed: {Explain(error, address, options)}";
        SocketOperationException cause = Faults.Attempt(error, message, address.EndPoint);
        var attempt = new ConnectAttempt(address.EndPoint, cause, Stopwatch.GetElapsedTime(started));
        return new SocketConnectException(error, message, [attempt]);
    }

    private static string Explain(SocketError error, UnixAddress address, UnixDatagramOptions options) => error switch
    {
        SocketError.TimedOut => $"the server's backlog was full for {Faults.Show(options.ConnectTimeout)} (TimedOut).",
        SocketError.ConnectionRefused when options.SequencedPacket => "nobody listens there (ConnectionRefused).",
        _ => UnixFaults.Explain(error, address.EndPoint) ?? Faults.Explain(error),
    };
}

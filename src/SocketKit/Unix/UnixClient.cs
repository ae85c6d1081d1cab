using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>A connection that this side opens to a Unix path or abstract name.</summary>
/// <example>
/// <code>
/// using var client = UnixClient.Connect("/run/user/1000/echo.sock");
/// client.Send("hello"u8);
/// int n = client.Receive(buffer);
/// </code>
/// </example>
public sealed class UnixClient : UnixConnection
{
    private UnixClient(StreamChannel channel, UnixClientOptions options)
        : base(channel, options)
    {
    }

    /// <summary>
    /// Connects to a path or abstract name: connect(2). It waits only while the server's backlog is full, for at most
    /// <see cref="UnixClientOptions.ConnectTimeout"/>.
    /// </summary>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The path is too long, or an option is out of range. Nothing was tried.</exception>
    /// <exception cref="ArgumentException">The path is empty or contains NUL.</exception>
    /// <exception cref="SocketConnectException">
    /// AddressNotAvailable: there is no such file. ConnectionRefused: nobody listens there. AccessDenied: no permission for the file.
    /// TimedOut: the server's backlog stayed full. TooManyOpenSockets: no descriptor is left. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static UnixClient Connect(string path, UnixClientOptions? options = null)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        UnixClientOptions copy = SocketOptions.Snapshot(options);
        long started = Stopwatch.GetTimestamp();
        Socket? socket = Open(copy, out IoResult outcome);
        if (socket is not null)
        {
            try
            {
                outcome = copy.EngineOrDefault.Connect(socket, address.EndPoint, copy.ConnectTimeout, CancellationToken.None);
            }
            catch
            {
                // Thread.Interrupt ended the wait for room in the backlog. The descriptor must not leak.
                socket.Dispose();
                throw;
            }
        }

        return Finish(socket, outcome, address, copy, started);
    }

    /// <summary>Connects to a path or abstract name without blocking a thread: connect(2).</summary>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">Cancels the connect. Cancellation-safe: the descriptor is closed.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Connect"/>.</exception>
    /// <exception cref="SocketConnectException">As for <see cref="Connect"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static Task<UnixClient> ConnectAsync(
        string path, UnixClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        return ConnectCoreAsync(address, SocketOptions.Snapshot(options), cancellationToken);
    }

    private static async Task<UnixClient> ConnectCoreAsync(
        UnixAddress address, UnixClientOptions options, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        var deadline = Deadline.After(options.ConnectTimeout);
        Socket? socket = Open(options, out IoResult outcome);
        while (socket is not null)
        {
            // A timer may fire early, because its clock is coarser, and it takes at most 24 days. So look at the deadline again.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(deadline.NextWaitMilliseconds());
            outcome = await options.EngineOrDefault.ConnectAsync(socket, address.EndPoint, limit.Token).ConfigureAwait(false);
            if (outcome.Status != ChannelStatus.Canceled || cancellationToken.IsCancellationRequested || deadline.HasPassed)
            {
                break;
            }
        }

        if (outcome.Status == ChannelStatus.Canceled && cancellationToken.IsCancellationRequested)
        {
            socket?.Dispose();
            throw new OperationCanceledException($"connect to {address} was cancelled.", cancellationToken);
        }

        return Finish(socket, outcome, address, options, started);
    }

    /// <summary>
    /// Opens the socket. Null if the system refused the socket or an option; then <paramref name="outcome"/> is the outcome of the connect.
    /// </summary>
    private static Socket? Open(UnixClientOptions options, out IoResult outcome)
    {
        outcome = default;
        try
        {
            return options.SetUp(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
        }
        catch (SocketException exception) when (!options.IsOfConfigure(exception))
        {
            // The caller gets a SocketConnectException, which contains the path, even if connect(2) was never called.
            outcome = IoResult.Failed(exception.SocketErrorCode);
            return null;
        }
    }

    private static UnixClient Finish(Socket? socket, IoResult outcome, UnixAddress address, UnixClientOptions options, long started)
    {
        ILogger logger = options.CreateLogger("SocketKit.UnixClient");
        if (outcome.IsSuccess && socket is not null)
        {
            var client = new UnixClient(options.EngineOrDefault.OpenStream(socket), options);
            if (logger.IsEnabled(LogLevel.Debug))
            {
                Log.Connected(logger, client.Id, client.LocalEndPoint, client.RemoteEndPoint, 1);
            }

            return client;
        }

        socket?.Dispose();
        SocketError error = outcome.Status == ChannelStatus.Failed ? outcome.Error : SocketError.TimedOut;
        Log.ConnectFailed(logger, error, 1);
        string message = $"connect to {address} failed: {Explain(error, address, options)}";
        var attempt = new ConnectAttempt(
            address.EndPoint, Faults.Attempt(error, message, address.EndPoint), Stopwatch.GetElapsedTime(started));
        throw new SocketConnectException(error, message, [attempt]);
    }

    private static string Explain(SocketError error, UnixAddress address, UnixClientOptions options) => error switch
    {
        SocketError.TimedOut => $"the server's backlog was full for {Faults.Show(options.ConnectTimeout)} (TimedOut).",
        SocketError.AddressNotAvailable => $"there is no file {address} (AddressNotAvailable).",
        SocketError.ConnectionRefused when !address.IsAbstract =>
            "nobody listens there: the file is stale, or not a socket (ConnectionRefused).",
        SocketError.AccessDenied => "no right to write to the socket file or to search its directory (AccessDenied).",
        SocketError.ProtocolType => "the socket there is not a stream socket (ProtocolType).",
        _ => Faults.Explain(error),
    };
}

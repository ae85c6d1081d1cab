using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets.Connecting;
using SocketKit.Telemetry;

namespace SocketKit.Unix;

/// <summary>Connects to a path or abstract name.</summary>
internal sealed class UnixConnector : Connector<UnixClient>
{
    private readonly UnixAddress _address;
    private readonly UnixClientOptions _options;

    private UnixConnector(UnixAddress address, UnixClientOptions options)
        : base(address.ToString(), options.Retry, options.Dispatch, options.CreateLogger("SocketKit.UnixClient"))
    {
        _address = address;
        _options = options;
    }

    protected override Transport Transport => Transport.Unix;

    protected override TagList TargetTags => new() { { AttributeNames.ServerAddress, _address.ToString() } };

    /// <summary>Checks the arguments of a call.</summary>
    /// <exception cref="ArgumentException">The path is empty, too long or contains NUL.</exception>
    public static UnixConnector To(string path, UnixClientOptions options) =>
        new(UnixAddress.Parse(path, nameof(path)), options);

    protected override ConnectRound<UnixClient> RunRound(string where)
    {
        long started = Stopwatch.GetTimestamp();
        Socket? socket = Open(out IoResult outcome);
        if (socket is not null)
        {
            try
            {
                outcome = _options.EngineOrDefault.Connect(
                    socket, _address.EndPoint, _options.ConnectTimeout, CancellationToken.None);
            }
            catch
            {
                // Thread.Interrupt ended the wait for room in the backlog. The descriptor must not leak.
                socket.Dispose();
                throw;
            }
        }

        return End(socket, outcome, where, started);
    }

    protected override async Task<ConnectRound<UnixClient>> RunRoundAsync(string where, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        var deadline = Deadline.After(_options.ConnectTimeout);
        Socket? socket = Open(out IoResult outcome);
        while (socket is not null)
        {
            // A timer may fire early, because its clock is coarser, and it takes at most 24 days. So look at the deadline again.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(deadline.NextWaitMilliseconds());
            outcome = await _options.EngineOrDefault.ConnectAsync(socket, _address.EndPoint, limit.Token).ConfigureAwait(false);
            if (outcome.Status != ChannelStatus.Canceled || cancellationToken.IsCancellationRequested || deadline.HasPassed)
            {
                break;
            }
        }

        return End(socket, outcome, where, started);
    }

    /// <summary>
    /// Opens the socket. Null if the system refused the socket or an option; then <paramref name="outcome"/> is the outcome of the connect.
    /// </summary>
    private Socket? Open(out IoResult outcome)
    {
        outcome = default;
        try
        {
            return _options.SetUp(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
        }
        catch (SocketException exception) when (!_options.IsOfConfigure(exception))
        {
            // The caller gets a SocketConnectException, which contains the path, even if connect(2) was never called.
            outcome = IoResult.Failed(exception.SocketErrorCode);
            return null;
        }
    }

    private ConnectRound<UnixClient> End(Socket? socket, IoResult outcome, string where, long started)
    {
        if (!outcome.IsSuccess || socket is null)
        {
            socket?.Dispose();
            return ConnectRound<UnixClient>.Failed(Failure(outcome, where, started));
        }

        var client = new UnixClient(_options.EngineOrDefault.OpenStream(socket), _options);
        if (Logger.IsEnabled(LogLevel.Debug))
        {
            Log.Connected(Logger, client.Id, Log.Name(client.LocalEndPoint), Log.Name(client.RemoteEndPoint), 1);
        }

        return ConnectRound<UnixClient>.Connected(
            client, [new ConnectAttempt(_address.EndPoint, null, Stopwatch.GetElapsedTime(started)) { Started = started }]);
    }

    private SocketConnectException Failure(IoResult outcome, string where, long started)
    {
        SocketError error = outcome.Status == ChannelStatus.Failed ? outcome.Error : SocketError.TimedOut;
        string why = Explain(error);
        SocketOperationException cause = Faults.Attempt(error, $"connect to {_address} failed: {why}", _address.EndPoint);
        var attempt = new ConnectAttempt(_address.EndPoint, cause, Stopwatch.GetElapsedTime(started)) { Started = started };
        return new SocketConnectException(error, $"connect to {_address} failed{where}: {why}", [attempt]);
    }

    private string Explain(SocketError error) => error switch
    {
        SocketError.TimedOut => $"the server's backlog was full for {Faults.Show(_options.ConnectTimeout)} (TimedOut).",
        SocketError.AddressNotAvailable => $"there is no file {_address} (AddressNotAvailable).",
        SocketError.ConnectionRefused when !_address.IsAbstract =>
            "nobody listens there: the file is stale, or not a socket (ConnectionRefused).",
        SocketError.AccessDenied => "no right to write to the socket file or to search its directory (AccessDenied).",
        SocketError.ProtocolType => "the socket there is not a stream socket (ProtocolType).",
        _ => Faults.Explain(error),
    };
}

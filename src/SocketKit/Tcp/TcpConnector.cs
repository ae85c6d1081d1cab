using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Sockets.Connecting;
using SocketKit.Telemetry;
using SocketKit.Tls;

namespace SocketKit.Tcp;

/// <summary>Connects to a host or an address. Each round looks the name up anew and races its addresses.</summary>
internal sealed partial class TcpConnector : Connector<TcpClient>
{
    private readonly string _host;
    private readonly int _port;
    private readonly IPEndPoint? _remote;
    private readonly TcpClientOptions _options;
    private readonly TlsClientSettings? _tls;

    private TcpConnector(string target, string host, int port, IPEndPoint? remote, TcpClientOptions options)
        : base(target, options.Retry, options.Dispatch, options.CreateLogger("SocketKit.TcpClient"))
    {
        _host = host;
        _port = port;
        _remote = remote;
        _options = options;
        _tls = options.Tls is { } tls ? new TlsClientSettings(tls, Dialled) : null;
    }

    protected override Transport Transport => Transport.Tcp;

    protected override TagList TargetTags => new()
    {
        { AttributeNames.ServerAddress, Dialled },
        { AttributeNames.ServerPort, _port },
    };

    /// <summary>The host as the caller has named it, a name or an address.</summary>
    private string Dialled => _remote?.Address.ToString() ?? _host;

    /// <summary>Checks the arguments of a call.</summary>
    /// <exception cref="ArgumentException">One is out of range, or the host is a URL or contains a port.</exception>
    public static TcpConnector To(string host, int port, TcpClientOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        HostName.Parse(host, nameof(host));
        Addresses.CheckPort(port, nameof(port), least: 1);
        return new TcpConnector(HostName.Show(host, port), host, port, null, options);
    }

    /// <summary>Checks the arguments of a call.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
    public static TcpConnector To(IPEndPoint remote, TcpClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(remote);
        Addresses.CheckPort(remote.Port, nameof(remote), least: 1);
        remote = Addresses.Unmap(remote);
        return options.LocalEndPoint is { } local && local.AddressFamily != remote.AddressFamily
            ? throw new ArgumentException($"LocalEndPoint {local} and {remote} have different families.", nameof(options))
            : new TcpConnector(remote.ToString(), string.Empty, remote.Port, remote, options);
    }

    /// <summary>Copies and checks the options of a call.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TcpClientOptions Snapshot(TcpClientOptions? options)
    {
        TcpClientOptions copy = SocketOptions.Snapshot(options);
        copy.LocalEndPoint = copy.LocalEndPoint is { } local ? Addresses.Unmap(local) : null;
        return copy;
    }

    protected override ConnectRound<TcpClient> RunRound(string where)
    {
        var deadline = Deadline.After(_options.ConnectTimeout);
        if (_remote is not null)
        {
            return RunRace([_remote], deadline, where);
        }

        NameAnswer answer = NameResolution.Resolve(_host, _options, deadline);
        List<IPEndPoint> candidates = NameResolution.Order(answer.Addresses, _port, _options);
        return candidates.Count > 0 ? RunRace(candidates, deadline, where) : NoAddress(answer, where);
    }

    protected override Task<ConnectRound<TcpClient>> RunRoundAsync(string where, CancellationToken cancellationToken)
    {
        var deadline = Deadline.After(_options.ConnectTimeout);
        return _remote is null
            ? ResolveAndRunRaceAsync(deadline, where, cancellationToken)
            : RunRaceAsync([_remote], deadline, where, cancellationToken);
    }

    private async Task<ConnectRound<TcpClient>> ResolveAndRunRaceAsync(
        Deadline deadline, string where, CancellationToken cancellationToken)
    {
        NameAnswer answer = await NameResolution.ResolveAsync(_host, _options, deadline, cancellationToken).ConfigureAwait(false);
        List<IPEndPoint> candidates = NameResolution.Order(answer.Addresses, _port, _options);
        return candidates.Count > 0
            ? await RunRaceAsync(candidates, deadline, where, cancellationToken).ConfigureAwait(false)
            : NoAddress(answer, where);
    }

    private ConnectRound<TcpClient> RunRace(List<IPEndPoint> candidates, Deadline deadline, string where)
    {
        var race = new ConnectRace(candidates, _options, deadline, CancellationToken.None);
        return Secure(End(race, race.Run(), where));
    }

    private async Task<ConnectRound<TcpClient>> RunRaceAsync(
        List<IPEndPoint> candidates, Deadline deadline, string where, CancellationToken cancellationToken)
    {
        var race = new ConnectRace(candidates, _options, deadline, cancellationToken);
        ConnectRound<TcpClient> round = End(race, await race.RunAsync().ConfigureAwait(false), where);
        return _tls is null ? round : await SecureAsync(round, where, cancellationToken).ConfigureAwait(false);
    }

    private ConnectRound<TcpClient> End(ConnectRace race, Socket? winner, string where)
    {
        if (race.Failure is { } failure)
        {
            winner?.Dispose();
            ExceptionDispatchInfo.Throw(failure);
        }

        IReadOnlyList<ConnectAttempt> attempts = race.Attempts;
        return winner is null
            ? ConnectRound<TcpClient>.Failed(Failure(race, attempts, where))
            : ConnectRound<TcpClient>.Connected(Open(winner, attempts), attempts);
    }

    private TcpClient Open(Socket winner, IReadOnlyList<ConnectAttempt> attempts)
    {
        var client = new TcpClient(OpenChannel(winner), _options, attempts, Dialled);
        if (Logger.IsEnabled(LogLevel.Debug))
        {
            Log.Connected(Logger, client.Id, Log.Name(client.LocalEndPoint), Log.Name(client.RemoteEndPoint), attempts.Count);
        }

        return client;
    }

    private SocketConnectException Failure(ConnectRace race, IReadOnlyList<ConnectAttempt> attempts, string where)
    {
        SocketError error = race.LastError;
        string message = ConnectWords.Failure(Target, where, error, race.LastWhy, _options.ConnectTimeout, attempts);
        return new SocketConnectException(error, message, attempts);
    }

    private ConnectRound<TcpClient> NoAddress(NameAnswer answer, string where)
    {
        (SocketError error, string why) = answer.Error switch
        {
            SocketError.Success => (
                SocketError.AddressNotAvailable,
                "no address of that name is left after AddressFamily, LocalEndPoint and AddressFilter."),
            SocketError.TimedOut => (
                SocketError.TimedOut, $"the name look-up took longer than {Faults.Show(_options.ConnectTimeout)}."),
            _ => (answer.Error, answer.Why + HostName.Hint(_host)),
        };
        return ConnectRound<TcpClient>.Failed(new SocketConnectException(error, $"connect to {Target} failed{where}: {why}", []));
    }
}

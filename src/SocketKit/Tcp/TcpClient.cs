using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Tcp;

namespace SocketKit;

/// <summary>
/// A TCP connection that this side opens. If a name has several addresses, they are tried as Happy Eyeballs does (RFC 8305).
/// </summary>
/// <example>
/// <code>
/// using var client = TcpClient.Connect("localhost", 12345);
/// client.Timeout = TimeSpan.FromSeconds(5);
/// client.Send("hello"u8);
/// int n = client.Receive(buffer);
/// </code>
/// </example>
public sealed class TcpClient : TcpConnection
{
    private TcpClient(StreamChannel channel, TcpClientOptions options, IReadOnlyList<ConnectAttempt> attempts)
        : base(channel, options) => ConnectAttempts = attempts;

    /// <summary>All addresses that were tried until the connection was made, including the one that succeeded.</summary>
    public IReadOnlyList<ConnectAttempt> ConnectAttempts { get; }

    /// <summary>
    /// Connects to a host by name or literal address: getaddrinfo(3), connect(2). It waits for at most
    /// <see cref="TcpClientOptions.ConnectTimeout"/>.
    /// </summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">
    /// An argument or option is out of range, or the host is a URL or contains a port. Nothing was tried.
    /// </exception>
    /// <exception cref="SocketConnectException">
    /// TimedOut: no connection within <see cref="TcpClientOptions.ConnectTimeout"/>. HostNotFound: the name is not known. TryAgain: no name
    /// server answered. TooManyOpenSockets: no descriptor is left. Otherwise the error of the last address. Every descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static TcpClient Connect(string host, int port, TcpClientOptions? options = null)
    {
        TcpClientOptions copy = Check(host, port, options);
        var deadline = Deadline.After(copy.ConnectTimeout);
        NameAnswer answer = NameResolution.Resolve(host, copy, deadline);
        return Run(Order(answer, host, port, copy), copy, deadline, HostName.Show(host, port));
    }

    /// <summary>Connects to one address: connect(2). It waits for at most <see cref="TcpClientOptions.ConnectTimeout"/>.</summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="SocketConnectException">
    /// The connect failed, or took longer than <see cref="TcpClientOptions.ConnectTimeout"/> (TimedOut). The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static TcpClient Connect(IPEndPoint remote, TcpClientOptions? options = null)
    {
        TcpClientOptions copy = Check(ref remote, options);
        return Run([remote], copy, Deadline.After(copy.ConnectTimeout), remote.ToString());
    }

    /// <summary>Connects to a host by name or literal address, without blocking a thread: getaddrinfo(3), connect(2).</summary>
    /// <param name="host">A name, or an IPv4 or IPv6 address.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">Cancels the connect. Cancellation-safe: every descriptor is closed.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="SocketConnectException">As for <see cref="Connect(string, int, TcpClientOptions?)"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static Task<TcpClient> ConnectAsync(
        string host, int port, TcpClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        TcpClientOptions copy = Check(host, port, options);
        return ResolveAndRunAsync(host, port, copy, cancellationToken);
    }

    /// <summary>Connects to one address, without blocking a thread: connect(2).</summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">Cancels the connect. Cancellation-safe: the descriptor is closed.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="SocketConnectException">
    /// The connect failed, or took longer than <see cref="TcpClientOptions.ConnectTimeout"/> (TimedOut). The descriptor is closed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static Task<TcpClient> ConnectAsync(
        IPEndPoint remote, TcpClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        TcpClientOptions copy = Check(ref remote, options);
        return RunAsync([remote], copy, Deadline.After(copy.ConnectTimeout), remote.ToString(), cancellationToken);
    }

    /// <summary>Connects to one address and returns an error instead of throwing it: connect(2). Python's <c>connect_ex</c>.</summary>
    /// <param name="remote">The address; its port is 1 to 65 535.</param>
    /// <param name="options">
    /// Null for the default options. The call waits for at most <see cref="TcpClientOptions.ConnectTimeout"/>.
    /// </param>
    /// <param name="client">The connection; null if the result is false.</param>
    /// <param name="error">Success, or why the connect failed; TimedOut when the time-out passed.</param>
    /// <returns>Whether the connection was made. If not, the descriptor is closed.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range. Nothing was tried.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static bool TryConnect(
        IPEndPoint remote, TcpClientOptions? options, [NotNullWhen(true)] out TcpClient? client, out SocketError error)
    {
        TcpClientOptions copy = Check(ref remote, options);
        var race = new ConnectRace([remote], copy, Deadline.After(copy.ConnectTimeout), CancellationToken.None);
        client = Open(race, race.Run(), copy);
        error = client is null ? race.LastError : SocketError.Success;
        if (client is null)
        {
            Log.ConnectFailed(LoggerOf(copy), error, race.Attempts.Count);
        }

        return client is not null;
    }

    private static TcpClient Run(List<IPEndPoint> candidates, TcpClientOptions options, Deadline deadline, string target)
    {
        var race = new ConnectRace(candidates, options, deadline, CancellationToken.None);
        return Open(race, race.Run(), options) ?? throw Failure(race, options, target);
    }

    private static async Task<TcpClient> RunAsync(
        List<IPEndPoint> candidates, TcpClientOptions options, Deadline deadline, string target, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var race = new ConnectRace(candidates, options, deadline, cancellationToken);
        TcpClient? client = Open(race, await race.RunAsync().ConfigureAwait(false), options);
        if (options.Dispatch == Dispatch.ThreadPool)
        {
            // A connect that had to wait completes on a loop, where the user code of this connection must not run.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        if (client is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure(race, options, target);
        }

        return client;
    }

    private static async Task<TcpClient> ResolveAndRunAsync(
        string host, int port, TcpClientOptions options, CancellationToken cancellationToken)
    {
        var deadline = Deadline.After(options.ConnectTimeout);
        NameAnswer answer = await NameResolution.ResolveAsync(host, options, deadline, cancellationToken).ConfigureAwait(false);
        if (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException($"connect to {HostName.Show(host, port)} was cancelled.", cancellationToken);
        }

        List<IPEndPoint> candidates = Order(answer, host, port, options);
        return await RunAsync(candidates, options, deadline, HostName.Show(host, port), cancellationToken).ConfigureAwait(false);
    }

    private static TcpClient? Open(ConnectRace race, Socket? winner, TcpClientOptions options)
    {
        if (race.Failure is { } failure)
        {
            winner?.Dispose();
            ExceptionDispatchInfo.Throw(failure);
        }

        if (winner is null)
        {
            return null;
        }

        var client = new TcpClient(options.EngineOrDefault.OpenStream(winner), options, race.Attempts);
        ILogger logger = LoggerOf(options);
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.Connected(logger, client.Id, client.LocalEndPoint, client.RemoteEndPoint, client.ConnectAttempts.Count);
        }

        return client;
    }

    private static ILogger LoggerOf(TcpClientOptions options) => options.CreateLogger("SocketKit.TcpClient");

    private static List<IPEndPoint> Order(NameAnswer answer, string host, int port, TcpClientOptions options)
    {
        List<IPEndPoint> candidates = NameResolution.Order(answer.Addresses, port, options);
        return candidates.Count > 0 ? candidates : throw answer.Error switch
        {
            SocketError.Success => NoAddress(
                SocketError.AddressNotAvailable,
                host,
                port,
                "no address of that name is left after AddressFamily, LocalEndPoint and AddressFilter."),
            SocketError.TimedOut => NoAddress(
                SocketError.TimedOut, host, port, $"the name look-up took longer than {Faults.Show(options.ConnectTimeout)}."),
            _ => NoAddress(answer.Error, host, port, answer.Why + HostName.Hint(host)),
        };
    }

    private static SocketConnectException NoAddress(SocketError error, string host, int port, string why) =>
        new(error, $"connect to {HostName.Show(host, port)} failed: {why}", []);

    private static SocketConnectException Failure(ConnectRace race, TcpClientOptions options, string target)
    {
        SocketError error = race.LastError;
        IReadOnlyList<ConnectAttempt> attempts = race.Attempts;
        Log.ConnectFailed(LoggerOf(options), error, attempts.Count);
        string message = ConnectWords.Failure(target, error, race.LastWhy, options.ConnectTimeout, attempts);
        return new SocketConnectException(error, message, attempts);
    }

    private static TcpClientOptions Check(string host, int port, TcpClientOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        HostName.Parse(host, nameof(host));
        Addresses.CheckPort(port, nameof(port), least: 1);
        return Unmapped(options);
    }

    private static TcpClientOptions Check(ref IPEndPoint remote, TcpClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(remote);
        Addresses.CheckPort(remote.Port, nameof(remote), least: 1);
        remote = Addresses.Unmap(remote);
        TcpClientOptions copy = Unmapped(options);
        return copy.LocalEndPoint is { } local && local.AddressFamily != remote.AddressFamily
            ? throw new ArgumentException($"LocalEndPoint {local} and {remote} have different families.", nameof(options))
            : copy;
    }

    private static TcpClientOptions Unmapped(TcpClientOptions? options)
    {
        TcpClientOptions copy = SocketOptions.Snapshot(options);
        copy.LocalEndPoint = copy.LocalEndPoint is { } local ? Addresses.Unmap(local) : null;
        return copy;
    }
}

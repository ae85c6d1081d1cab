using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SocketKit.Sockets.Connecting;

namespace SocketKit;

/// <summary>
/// How <see cref="TcpClient.TryConnect(string, int, TcpClientOptions?)"/> ended: with a connection, which the caller owns, or with the
/// error that <see cref="TcpClient.Connect(string, int, TcpClientOptions?)"/> would have thrown.
/// </summary>
/// <example>
/// <code>
/// ConnectResult result = await TcpClient.TryConnectAsync("localhost", 12345);
/// using TcpClient? client = result.Client;
/// Console.WriteLine(result.IsConnected ? $"open: {client}" : result.Error.Message);
/// </code>
/// </example>
public sealed class ConnectResult
{
    internal ConnectResult(in ConnectRound<TcpClient> last)
    {
        Client = last.Client;
        Error = last.Error;
        SocketErrorCode = last.Code;
        Attempts = last.Attempts;
    }

    /// <summary>Whether there is a connection.</summary>
    [MemberNotNullWhen(true, nameof(Client))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsConnected => Client is not null;

    /// <summary>The connection. The caller owns it and disposes it.</summary>
    /// <value>Null if the connect failed. Then every descriptor is closed.</value>
    public TcpClient? Client { get; }

    /// <summary>
    /// Why the connect failed: what <c>Connect</c> would have thrown. A <see cref="SocketConnectException"/>, whose message names the
    /// target, or the <see cref="TlsException"/> of a handshake that failed (<see cref="TcpClientOptions.Tls"/>).
    /// </summary>
    /// <value>Null if there is a connection.</value>
    public Exception? Error { get; }

    /// <summary>The code of <see cref="Error"/>, as C's <c>connect</c> and Python's <c>connect_ex</c> return it.</summary>
    /// <value>
    /// Success if there is a connection; TimedOut if <see cref="TcpClientOptions.ConnectTimeout"/> passed. For a
    /// <see cref="TlsException"/>: the error of a connection that was lost, TimedOut if the handshake's time passed, else
    /// ConnectionAborted.
    /// </value>
    public SocketError SocketErrorCode { get; }

    /// <summary>
    /// The addresses that were tried, in the order of their start; the last one is not always the one that succeeded. With
    /// <see cref="TcpClientOptions.Retry"/> they are those of the last round.
    /// </summary>
    /// <value>Empty if the name could not be resolved.</value>
    public IReadOnlyList<ConnectAttempt> Attempts { get; }

    /// <summary>Describes the connection or the error.</summary>
    /// <returns>A text for people and logs.</returns>
    public override string ToString() => Client?.ToString() ?? Error!.Message;
}

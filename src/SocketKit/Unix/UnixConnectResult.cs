using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SocketKit.Sockets.Connecting;

namespace SocketKit;

/// <summary>
/// How <see cref="UnixClient.TryConnect"/> ended: with a connection, which the caller owns, or with the error that
/// <see cref="UnixClient.Connect"/> would have thrown.
/// </summary>
/// <example>
/// <code>
/// UnixConnectResult result = UnixClient.TryConnect("/run/user/1000/echo.sock");
/// using UnixClient? client = result.Client;
/// Console.WriteLine(result.IsConnected ? $"open: {client}" : result.Error.Message);
/// </code>
/// </example>
public sealed class UnixConnectResult
{
    internal UnixConnectResult(in ConnectRound<UnixClient> last)
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
    /// <value>Null if the connect failed. Then the descriptor is closed.</value>
    public UnixClient? Client { get; }

    /// <summary>Why the connect failed: a <see cref="SocketConnectException"/>, which was not thrown. Its message names the path.</summary>
    /// <value>Null if there is a connection.</value>
    public Exception? Error { get; }

    /// <summary>The code of <see cref="Error"/>.</summary>
    /// <value>Success if there is a connection; TimedOut if <see cref="UnixClientOptions.ConnectTimeout"/> passed.</value>
    public SocketError SocketErrorCode { get; }

    /// <summary>The attempt. With <see cref="UnixClientOptions.Retry"/> it is that of the last round.</summary>
    public IReadOnlyList<ConnectAttempt> Attempts { get; }

    /// <summary>Describes the connection or the error.</summary>
    /// <returns>A text for people and logs.</returns>
    public override string ToString() => Client?.ToString() ?? Error!.Message;
}

using System.Diagnostics;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Errors;
using SocketKit.Telemetry;
using SocketKit.Tls;

namespace SocketKit.Sockets;

/// <summary>Runs the TLS handshake of a connection, inside a span. When it fails the connection is aborted.</summary>
internal static class Handshakes
{
    public const string SpanName = "tls handshake";

    private const string Operation = "TLS handshake";

    /// <summary>Blocks the calling thread.</summary>
    /// <param name="connection">Its channel is a TLS channel that has not begun.</param>
    /// <exception cref="TlsException">The handshake failed, or its time passed.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed meanwhile.</exception>
    public static void Run(StreamConnection connection)
    {
        var channel = (TlsChannel)connection.Channel;
        Activity? span = Start(connection);
        try
        {
            channel.Handshake();
        }
        catch (ObjectDisposedException exception)
        {
            // The channel does not know whose it is.
            Fail(connection, span, exception);
            throw Faults.Disposed(Operation, null, connection);
        }
        catch (Exception exception)
        {
            // The channel was aborted; what counts the connection has to know.
            Fail(connection, span, exception);
            throw;
        }

        End(span, channel.Info);
    }

    /// <summary>Blocks no thread. What is computed is computed on the thread pool.</summary>
    /// <param name="connection">Its channel is a TLS channel that has not begun.</param>
    /// <param name="cancellationToken">Ends the handshake, and aborts the connection.</param>
    /// <exception cref="TlsException">The handshake failed, or its time passed.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed meanwhile.</exception>
    public static async Task RunAsync(StreamConnection connection, CancellationToken cancellationToken)
    {
        var channel = (TlsChannel)connection.Channel;
        Activity? span = Start(connection);
        try
        {
            await channel.HandshakeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException exception)
        {
            // As above.
            Fail(connection, span, exception);
            throw Faults.Disposed(Operation, null, connection);
        }
        catch (Exception exception)
        {
            // As above.
            Fail(connection, span, exception);
            throw;
        }

        End(span, channel.Info);
    }

    /// <summary>Logs what the two sides have agreed on.</summary>
    public static void Note(ILogger logger, StreamConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug) && connection.Tls is { } info)
        {
            Log.TlsEstablished(
                logger, connection.Id, info.Protocol, info.CipherSuite, info.ApplicationProtocol ?? "none", info.HostName ?? "none");
        }
    }

    /// <summary>The value of tls.protocol.version: "1.3".</summary>
    public static string? VersionOf(TlsInfo? info) => info?.Protocol switch
    {
        null => null,
        SslProtocols.Tls13 => "1.3",
        SslProtocols.Tls12 => "1.2",
        { } other => other.ToString(),
    };

    private static Activity? Start(StreamConnection connection) => Spans.HaveListeners
        ? Spans.Start(SpanName, ActivityKind.Internal, new TagList { { AttributeNames.ConnectionId, connection.Id } })
        : null;

    private static void Fail(StreamConnection connection, Activity? span, Exception exception)
    {
        if (exception is TlsException refused)
        {
            refused.Origin = connection;
        }

        connection.Abort(CloseReason.Error);
        if (span is not null)
        {
            Spans.Fail(span, HandshakeFaults.ErrorTypeOf(exception, connection.CloseReason), exception);
            Spans.End(span);
        }
    }

    private static void End(Activity? span, TlsInfo? info)
    {
        if (span is not null)
        {
            span.SetTag(AttributeNames.TlsVersion, VersionOf(info));
            span.SetTag(AttributeNames.TlsCipher, info?.CipherSuite.ToString());
            span.SetTag(AttributeNames.TlsNextProtocol, info?.ApplicationProtocol);
            span.SetTag(AttributeNames.TlsServerName, info?.HostName);
            Spans.End(span);
        }
    }
}

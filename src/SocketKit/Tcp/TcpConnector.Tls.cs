using System.Net.Sockets;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Sockets.Connecting;
using SocketKit.Tls;

namespace SocketKit.Tcp;

/// <summary>The TLS handshake, as the last part of a round.</summary>
internal sealed partial class TcpConnector
{
    private StreamChannel OpenChannel(Socket winner)
    {
        StreamChannel channel = _options.EngineOrDefault.OpenStream(winner);
        if (_tls is null)
        {
            return channel;
        }

        try
        {
            return new TlsChannel(channel, _tls.Begin());
        }
        catch
        {
            // For instance a certificate that was disposed. Nobody else has the channel, so its descriptor would leak.
            channel.Abort(CloseReason.Error);
            throw;
        }
    }

    private ConnectRound<TcpClient> Secure(in ConnectRound<TcpClient> connected)
    {
        if (_tls is null || connected.Client is not { } client)
        {
            return connected;
        }

        try
        {
            Handshakes.Run(client);
        }
        catch (TlsException exception)
        {
            // An outcome of the round: the server is refused, or was lost, and the round says which attempt it was.
            return Refused(client, exception, connected.Attempts);
        }

        NoteSecured(client);
        return connected;
    }

    private async Task<ConnectRound<TcpClient>> SecureAsync(
        ConnectRound<TcpClient> connected, string where, CancellationToken cancellationToken)
    {
        if (connected.Client is not { } client)
        {
            return connected;
        }

        try
        {
            await Handshakes.RunAsync(client, cancellationToken).ConfigureAwait(false);
        }
        catch (TlsException exception)
        {
            // As above.
            return Refused(client, exception, connected.Attempts);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The message says what the caller has called.
            throw new OperationCanceledException(
                $"connect to {Target} was cancelled{where} during the TLS handshake.", cancellationToken);
        }

        NoteSecured(client);
        return connected;
    }

    private ConnectRound<TcpClient> Refused(TcpClient client, TlsException exception, IReadOnlyList<ConnectAttempt> attempts)
    {
        Log.TlsHandshakeFailed(Logger, client.Id, exception.Message);
        return ConnectRound<TcpClient>.Failed(exception, attempts);
    }

    private void NoteSecured(TcpClient client) => Handshakes.Note(Logger, client);
}

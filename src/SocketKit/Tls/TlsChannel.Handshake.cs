using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Tls;

/// <summary>
/// The handshake. It counts as the receive and the send under way: a receive is refused meanwhile, and sends queue behind it. So nothing
/// leaves in plain text.
/// </summary>
internal sealed partial class TlsChannel
{
    /// <summary>Whether the handshake is over, so that the session can be read.</summary>
    private volatile bool _isReady;

    /// <summary>Runs the handshake. The caller's thread only waits; what is computed is computed on the thread pool.</summary>
    /// <exception cref="TlsException">The handshake failed, or its time was over. The channel is closed.</exception>
    /// <exception cref="OperationCanceledException">The token fired. The channel is closed.</exception>
    /// <exception cref="ObjectDisposedException">The channel was closed meanwhile.</exception>
    public async ValueTask HandshakeAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            Task<TlsInfo> running = AuthenticateAsync(blocks: false, cancellationToken);
            EndHandshake(await running.ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            // Whatever it was, no byte of the application may pass this channel.
            throw GiveUp(exception, cancellationToken);
        }
    }

    /// <summary>The same on the caller's thread.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted. The channel is closed.</exception>
    public void Handshake()
    {
        try
        {
            // The transport waits on this thread, so the task has ended when it is returned.
            EndHandshake(AuthenticateAsync(blocks: true, CancellationToken.None).GetAwaiter().GetResult());
        }
        catch (Exception exception)
        {
            // Whatever it was, no byte of the application may pass this channel.
            Exception told = GiveUp(exception, CancellationToken.None);
            throw InterruptIn(told) ?? told;
        }
    }

    /// <summary>Thread.Interrupt, which SslStream or the caller's check of the certificate may have wrapped; null: it was not.</summary>
    private static Exception? InterruptIn(Exception exception)
    {
        Exception? each = exception;
        while (each is not null and not ThreadInterruptedException)
        {
            each = each.InnerException;
        }

        return each;
    }

    private void BeginHandshake()
    {
        _isReceiving = 1;
        TryTakeTurn();
        SuspendSending(0);
    }

    private Task<TlsInfo> AuthenticateAsync(bool blocks, CancellationToken cancellationToken) => _session.AuthenticateAsync(
        _handshake, new HandshakeTransport(_inner, Deadline.After(_handshake.Timeout), _handshake, blocks), cancellationToken);

    private void EndHandshake(TlsInfo info)
    {
        lock (_reading)
        {
            Info = info;
            _isReady = true;
        }

        EndMessage(default, isComplete: true);
        ExitReceive();
        if (IsClosing)
        {
            EndSession();
            throw new HandshakeTransportException(IoResult.Ended(ChannelStatus.Closed));
        }
    }

    /// <summary>Closes the channel, and says why the handshake has failed.</summary>
    private Exception GiveUp(Exception exception, CancellationToken cancellationToken)
    {
        bool wasClosed = IsClosing;
        IoResult ended = exception is HandshakeTransportException transport ? transport.Outcome : default;
        bool wasCanceled = cancellationToken.IsCancellationRequested;
        if (wasCanceled)
        {
            Abort(Service is { Ending.IsCancellationRequested: true } ? CloseReason.ServerStopped : CloseReason.LocalAbort);
        }
        else if (exception is OperationCanceledException || _handshake.IsPeerForeign
            || ended.Status is ChannelStatus.Canceled or ChannelStatus.DeadlinePassed)
        {
            // A FIN in answer to another protocol would look like an end in order.
            Abort(CloseReason.Error);
        }
        else
        {
            // With FIN, so that the peer can read the alert.
            SendAlert();
            Close(CloseReason.Error);
        }

        _session.Dispose();
        if (wasClosed || ended.Status == ChannelStatus.Closed)
        {
            return new ObjectDisposedException(nameof(TlsChannel), $"{_handshake.Operation}: the connection was closed.");
        }

        if (wasCanceled)
        {
            return new OperationCanceledException(
                $"{_handshake.Operation} on {Shown.EndPoints(LocalEndPoint, RemoteEndPoint)} was cancelled.", exception, cancellationToken);
        }

        Exception cause = ended.Status switch
        {
            ChannelStatus.DeadlinePassed => new TimeoutException($"The handshake took longer than {_handshake.Timeout}."),
            ChannelStatus.Failed => new SocketException((int)ended.Error),
            _ => exception,
        };
        return _handshake.Explain(cause, LocalEndPoint, RemoteEndPoint);
    }

    private void SendAlert()
    {
        if (_handshake.Alert is { } alert)
        {
            // Nobody waits for it: a peer without room sees the end alone.
            _inner.Send(TlsAlerts.Record(alert), TimeSpan.Zero);
        }
    }
}

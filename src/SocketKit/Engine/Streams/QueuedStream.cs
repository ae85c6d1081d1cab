using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>
/// A stream over any transport: one receive at a time, exact receives, sends that queue whole, what an error says about the connection, and
/// how it closes. The derived class adds the transport: attempts that do not wait, and the waiting. Each attempt returns −1 and
/// OperationAborted once the transport is closed.
/// </summary>
internal abstract partial class QueuedStream : StreamChannel
{
    private CloseSignal _signal;
    private volatile bool _closing;
    private volatile bool _sendShut;
    private volatile bool _sendAbandoned;
    private volatile SocketError _lossReported;
    private long _bytesReceived;
    private long _bytesSent;

    public sealed override ServiceTokens? Service { get; set; }

    public override bool NeedsGuard => false;

    public override bool IsClosed => _closing;

    public bool IsClosing => _closing;

    public override bool IsSendAbandoned => _sendAbandoned;

    public override CloseReason CloseReason => Signal.Reason;

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public override void ContinueCounts(long received, long sent)
    {
        Volatile.Write(ref _bytesReceived, received);
        Volatile.Write(ref _bytesSent, sent);
    }

    public override void KeepWhileWatched(object keeper) => Signal.Keep(keeper);

    protected ref CloseSignal Signal => ref _signal;

    /// <summary>The error that has ended the connection, once a call has reported it.</summary>
    protected SocketError LossReported => _lossReported;

    public override bool HasShutSend => _sendShut;

    /// <summary>Whether a call without a deadline may leave the waiting to the transport.</summary>
    protected virtual bool CanWaitInKernel => false;

    public sealed override ServiceSignal SignalOf(CancellationToken cancellationToken) =>
        Service?.SignalOf(cancellationToken) ?? ServiceSignal.None;

    public override void Run(IThreadPoolWorkItem handler) => ThreadPool.UnsafeQueueUserWorkItem(handler, preferLocal: false);

    public override IoResult ShutdownSend()
    {
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        // Set before the call, so that a send which the call ends knows that this side has shut down sending.
        _sendShut = true;
        SocketError error = ShutdownSendOnce();
        return error switch
        {
            SocketError.Success => default,
            SocketError.OperationAborted => IoResult.Ended(ChannelStatus.Closed),

            // ENOTCONN: both sides have finished, or the connection was reset, which the next receive reports. Nothing is left to finish.
            _ when ErrorTable.IsDisconnect(error) => default,
            _ => Fail(error, 0),
        };
    }

    /// <summary>Called by the holder of the send lock, after the transport has taken these bytes.</summary>
    internal void CountSent(int count) => Volatile.Write(ref _bytesSent, _bytesSent + count);

    /// <summary>Called before the first call that must not wait in the transport. From then on no call waits there.</summary>
    protected virtual void StopWaitingInKernel()
    {
    }

    /// <summary>Ends the sending half: shutdown(2), SHUT_WR.</summary>
    protected abstract SocketError ShutdownSendOnce();

    /// <summary>
    /// Stores what a failed operation says about the connection. An error that this side's closing caused becomes Closed.
    /// </summary>
    protected IoResult Fail(SocketError error, int count)
    {
        if (_closing || error == SocketError.OperationAborted)
        {
            return IoResult.Ended(ChannelStatus.Closed, count);
        }

        if (error is SocketError.ConnectionReset or SocketError.TimedOut)
        {
            _lossReported = error;
        }

        if (error == SocketError.Shutdown && _sendShut)
        {
            // A send after this side's half-close fails although the connection is intact, and receiving goes on.
            return IoResult.Ended(ChannelStatus.SendShut, count);
        }

        Signal.Close(ErrorTable.ReasonOf(error));
        return IoResult.Failed(error, count);
    }

    /// <summary>Called by the only receive. A single writer needs no interlocked addition.</summary>
    protected void CountReceived(int count) => Volatile.Write(ref _bytesReceived, _bytesReceived + count);
}

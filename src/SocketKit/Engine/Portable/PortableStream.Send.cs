using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    private SendOperation? _send;
    private SendOperation? _spareSend;

    internal bool OwnsSocket => _ownsSocket;

    /// <summary>A full fence, as for a receive.</summary>
    internal void BeginPending(SendOperation operation) => Interlocked.Exchange(ref _send, operation);

    internal void EndPendingSend() => Volatile.Write(ref _send, null);

    internal void Recycle(SendOperation operation) => Volatile.Write(ref _spareSend, operation);

    internal IoResult FailSend(SocketError error, int sent) => Fail(error, sent);

    protected override int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error)
    {
        bool isLong = wait && _kernelWaits.TryBegin();
        try
        {
            int sent = _socket.Send(data, SocketFlags.None, out error);
            if (wait && error == SocketError.TimedOut)
            {
                // .NET reports this for every error after a part of the bytes, and loses their count: some bytes were sent, not all.
                error = TcpLoss.ErrorOfBlockedSend(this, error);
                return Math.Min(1, data.Length - 1);
            }

            return sent;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            error = SocketError.OperationAborted;
            return -1;
        }
        finally
        {
            _kernelWaits.End(isLong);
        }
    }

    protected override int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error)
    {
        try
        {
            return _socket.Send(segments, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            error = SocketError.OperationAborted;
            return -1;
        }
    }

    protected override int SendHandlesOnce(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error)
    {
        try
        {
            return HandlePassing.Send(_socket, data, descriptors, out error);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            error = SocketError.OperationAborted;
            return -1;
        }
    }

    protected override IoTask WaitToSendAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        SendOperation operation = Interlocked.Exchange(ref _spareSend, null) ?? new SendOperation(this);
        return operation.Start(data, sent, before, isWholeMessage, deadline, cancellationToken);
    }

    protected override bool AwaitWritable(Deadline deadline) =>
        _kernelWaits.Poll(PollWait.Until, _socket, SelectMode.SelectWrite, deadline);

    protected override bool IsWritableNow()
    {
        try
        {
            return _socket.Poll(0, SelectMode.SelectWrite);
        }
        catch (ObjectDisposedException)
        {
            // Closed already: nothing is left to decide.
            return true;
        }
    }

    protected override bool WaitsInSend => Volatile.Read(ref _send) is not null;

    /// <summary>While the buffer is full, the single byte of a pending send has not been sent.</summary>
    protected override bool IsPendingSendInDoubt()
    {
        try
        {
            return WaitsInSend && _socket.Poll(0, SelectMode.SelectWrite);
        }
        catch (ObjectDisposedException)
        {
            // Closed already: nothing is left to decide.
            return false;
        }
    }
}

using System.Net.Sockets;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Datagrams;

/// <summary>Waiting for readiness, on the calling thread or without one.</summary>
internal sealed partial class EpollDatagram
{
    /// <summary>
    /// Whether a thread that polls keeps the descriptor open. Then Socket.Dispose shuts the socket down and waits for the thread, which a
    /// duplicate of an own socket must not suffer: such a thread polls in short chunks, and may poll a closed descriptor once.
    /// </summary>
    private bool HoldsWhilePolling => !OwnsSocket || !KernelWaits.IsShared;

    public override bool WaitWritable(TimeSpan timeout) => WaitFor(StreamCalls.PollOut, timeout);

    protected override bool AwaitReadable(TimeSpan timeout) => WaitFor(StreamCalls.PollIn, timeout);

    protected override void EndReadableWaits() => _descriptor.EndReadableWaits();

    protected override IoTask AwaitReadableAsync(CancellationToken cancellationToken)
    {
        SocketError error = Register(EpollDescriptor.DatagramEvents);
        if (error != SocketError.Success)
        {
            // What the system refuses is for the next receive to tell.
            return new(error == SocketError.OperationAborted ? IoResult.Ended(ChannelStatus.Closed) : default);
        }

        try
        {
            using var lease = new DescriptorLease(Socket.SafeHandle);
            return _descriptor.WaitReadableAsync(cancellationToken);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return new(IoResult.Ended(ChannelStatus.Closed));
        }
    }

    private bool WaitFor(short events, TimeSpan timeout)
    {
        if (!HoldsWhilePolling)
        {
            return _descriptor.WaitFor(events, timeout);
        }

        try
        {
            using var lease = new DescriptorLease(Socket.SafeHandle);
            return _descriptor.WaitFor(events, timeout);
        }
        catch (ObjectDisposedException)
        {
            // Closed already, which the next call reports.
            return true;
        }
    }

    /// <summary>One poll(2). The caller is the receive under way.</summary>
    private void AwaitReadable(Deadline deadline)
    {
        if (!HoldsWhilePolling)
        {
            _descriptor.Poll(StreamCalls.PollIn, deadline);
            return;
        }

        try
        {
            using var lease = new DescriptorLease(Socket.SafeHandle);
            _descriptor.Poll(StreamCalls.PollIn, deadline);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, which the next attempt reports.
        }
    }

    protected override void PauseSending(int milliseconds)
    {
        // The socket is writable although a send would wait: a Unix peer's queue is full, which a poll of this socket does not show unless
        // they are connected. A descriptor that was closed meanwhile is polled once, and the next attempt reports the close.
        if (StreamCalls.Poll(_descriptor.Number, StreamCalls.PollOut, 0) != 0)
        {
            Thread.Sleep(milliseconds);
        }
        else
        {
            StreamCalls.Poll(_descriptor.Number, StreamCalls.PollOut, milliseconds);
        }
    }
}

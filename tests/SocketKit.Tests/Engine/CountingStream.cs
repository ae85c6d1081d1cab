using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tests.Engine;

/// <summary>
/// Takes so many bytes, at most an int's worth per call as the kernel does; then every asynchronous wait for room ends by the deadline.
/// </summary>
/// <param name="room">How many.</param>
/// <param name="wait">A wait for room that blocks; false when its deadline has passed.</param>
internal sealed class CountingStream(long room, Func<bool>? wait = null) : QueuedStream
{
    /// <summary>MAX_RW_COUNT of the kernel: an int rounded down to a page.</summary>
    private const long MostPerCall = 0x7FFFF000;

    private long _room = room;

    /// <summary>Takes so many more.</summary>
    public void MakeRoom(long bytes) => _room += bytes;

    public override SocketEngine Engine => SocketEngine.Portable;

    public override Dispatch Dispatch { get; set; }

    public override Socket Socket => throw new NotSupportedException();

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override bool IsReceiving => false;

    public override int UnreadBytes => 0;

    public override int UnsentBytes => 0;

    public override CancellationToken Closed => Signal.Token;

    protected override bool CanWaitInKernel => false;

    public override bool TryEnter() => true;

    public override void Leave()
    {
        // There is no descriptor.
    }

    public override bool WaitReadable(TimeSpan timeout) => throw new NotSupportedException();

    public override bool WaitWritable(TimeSpan timeout) => throw new NotSupportedException();

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public override IoTask WaitWritableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public override SafeSocketHandle DuplicateHandle() => throw new NotSupportedException();

    public override void CancelReceive() => throw new NotSupportedException();

    public override void CancelServed(ServiceSignal signal) => throw new NotSupportedException();

    protected override int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error) => Take(data.Length, out error);

    protected override int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error) =>
        Take(segments.Sum(static segment => (long)segment.Count), out error);

    protected override IoTask WaitToSendAsync(
        ReadOnlyMemory<byte> data,
        int sent,
        long before,
        bool isWholeMessage,
        Deadline deadline,
        CancellationToken cancellationToken) =>
        new(IoResult.Ended(ChannelStatus.DeadlinePassed, sent));

    protected override bool AwaitReadable(Deadline deadline) => throw new NotSupportedException();

    protected override bool AwaitWritable(Deadline deadline) => wait is null ? throw new NotSupportedException() : wait();

    protected override bool IsWritableNow() => true;

    protected override bool IsToReset() => false;

    protected override void CloseTransport(bool withReset)
    {
        // There is none.
    }

    protected override void EndPending()
    {
        // Nothing ever waits.
    }

    protected override void StopWaitingInKernel()
    {
        // Nothing ever waits.
    }

    protected override SocketError ShutdownSendOnce() => SocketError.Success;

    protected override bool TryEnterReceive(out IoResult refusal) => throw new NotSupportedException();

    protected override void ExitReceive() => throw new NotSupportedException();

    protected override IoTask ReceiveEnteredAsync(
        ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    protected override int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error) =>
        throw new NotSupportedException();

    protected override void WatchAgain() => throw new NotSupportedException();

    public override IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout) =>
        SendInTurn(data, default, descriptors, timeout);

    protected override IoResult SendFirstPart(ReadOnlySpan<byte> data, ReadOnlySpan<int> handles, TimeSpan timeout, Deadline deadline)
    {
        SuspendSending(0);
        return AwaitWritable(deadline) && ResumeSending() ? new(1) : IoResult.Ended(ChannelStatus.DeadlinePassed);
    }

    public override IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout) =>
        throw new NotSupportedException();

    private int Take(long count, out SocketError error)
    {
        int taken = (int)Math.Min(Math.Min(count, _room), MostPerCall);
        _room -= taken;
        error = taken == 0 ? SocketError.WouldBlock : SocketError.Success;
        return taken == 0 ? -1 : taken;
    }
}

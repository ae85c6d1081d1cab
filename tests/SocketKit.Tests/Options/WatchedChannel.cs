using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tests.Options;

/// <summary>A channel that can only be inspected, and notes from where its socket is used.</summary>
internal sealed class WatchedChannel : StreamChannel
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private bool _isClosed;

    public bool IsClosing { get; init; }

    public bool ClosesBehindWhoeverEnters { get; init; }

    /// <summary>Whether a receive is under way.</summary>
    public bool IsUnderWay { get; set; }

    public long Received { get; set; }

    /// <summary>Callers who have entered and not left.</summary>
    public int Inside { get; private set; }

    public int Uses { get; private set; }

    public int UsesFromOutside { get; private set; }

    public override SocketEngine Engine => SocketEngine.Portable;

    public override ServiceTokens? Service { get; set; }

    public override Dispatch Dispatch { get; set; }

    public override bool NeedsGuard => false;

    public override Socket Socket
    {
        get
        {
            Uses++;
            UsesFromOutside += Inside == 0 ? 1 : 0;
            return _socket;
        }
    }

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override bool IsClosed => _isClosed;

    public override bool IsReceiving => IsUnderWay;

    public override CloseReason CloseReason => CloseReason.None;

    public override long BytesReceived => Received;

    public override long BytesSent => 0;

    public override long QueuedBytes => 0;

    public override bool IsSending => false;

    public override int UnreadBytes => 0;

    public override int UnsentBytes => 0;

    public override CancellationToken Closed => CancellationToken.None;

    public override bool TryEnter()
    {
        Inside += IsClosing ? 0 : 1;
        _isClosed = ClosesBehindWhoeverEnters;
        return !IsClosing;
    }

    public override void Leave() => Inside--;

    public override IoResult Receive(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout) => throw new NotSupportedException();

    public override IoTask ReceiveAsync(Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override void CancelReceive() => throw new NotSupportedException();

    public override IoResult Send(ReadOnlySpan<byte> data, TimeSpan timeout) => throw new NotSupportedException();

    public override IoTask SendAsync(ReadOnlyMemory<byte> data, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IoResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, TimeSpan timeout) =>
        throw new NotSupportedException();

    public override IoTask SendAsync(
        ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override ValueTask<IoResult> SendAsync(
        ReadOnlySequence<byte> data, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override ValueTask<IoResult> SendFileAsync(
        SafeFileHandle file, long offset, long count, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout) =>
        throw new NotSupportedException();

    public override ValueTask<IoResult> SendHandlesAsync(
        ReadOnlyMemory<byte> data, int[] descriptors, TimeSpan timeout, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public override IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout) =>
        throw new NotSupportedException();

    public override IoResult ShutdownSend() => throw new NotSupportedException();

    public override bool WaitReadable(TimeSpan timeout) => throw new NotSupportedException();

    public override bool WaitWritable(TimeSpan timeout) => throw new NotSupportedException();

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public override IoTask WaitWritableAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public override SafeSocketHandle DuplicateHandle() => throw new NotSupportedException();

    public override ServiceSignal SignalOf(CancellationToken cancellationToken) => ServiceSignal.None;

    public override void Run(IThreadPoolWorkItem handler) => throw new NotSupportedException();

    public override void CancelServed(ServiceSignal signal) => throw new NotSupportedException();

    public override void Abort(CloseReason reason) => Close(reason);

    public override void Close(CloseReason reason, IByteOwner? owner = null) => _socket.Dispose();

    public override void ContinueCounts(long received, long sent) => throw new NotSupportedException();
}

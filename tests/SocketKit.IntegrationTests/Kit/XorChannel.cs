using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// A channel around another one that turns every byte over, in both directions, and leaves all else to the one that it wraps: its send
/// queue, its receive rule, its deadlines, and how it closes. A byte that goes past the wrapper arrives turned over.
/// </summary>
/// <param name="inner">The channel that moves the bytes.</param>
/// <param name="closing">Called when the wrapper is closed, before the inner channel is.</param>
internal sealed class XorChannel(StreamChannel inner, Action<XorChannel>? closing = null) : StreamChannel
{
    private const byte Mask = 0xFF;

    /// <summary>Whether it was disposed or aborted itself, and not only the channel inside.</summary>
    public bool WasClosed { get; private set; }

    public override SocketEngine Engine => inner.Engine;

    public override Socket Socket => inner.Socket;

    public override EndPoint? LocalEndPoint => inner.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

    public override bool IsClosed => inner.IsClosed;

    public override bool IsReceiving => inner.IsReceiving;

    public override CloseReason CloseReason => inner.CloseReason;

    public override CancellationToken Closed => inner.Closed;

    public override bool NeedsGuard => inner.NeedsGuard;

    public override long BytesReceived => inner.BytesReceived;

    public override long BytesSent => inner.BytesSent;

    public override ServiceTokens? Service
    {
        get => inner.Service;
        set => inner.Service = value;
    }

    public override Dispatch Dispatch
    {
        get => inner.Dispatch;
        set => inner.Dispatch = value;
    }

    public override ServiceSignal SignalOf(CancellationToken cancellationToken) => inner.SignalOf(cancellationToken);

    public override bool TryEnter() => inner.TryEnter();

    public override void Leave() => inner.Leave();

    public override void Run(IThreadPoolWorkItem handler) => inner.Run(handler);

    public override void CancelServed(ServiceSignal signal) => inner.CancelServed(signal);

    public override IoResult Receive(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout) =>
        Turned(buffer, inner.Receive(buffer, kind, timeout));

    public override IoTask ReceiveAsync(Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        IoTask receive = inner.ReceiveAsync(buffer, kind, timeout, cancellationToken);
        return receive.IsPending ? IoTask.Of(TurnedAsync(buffer, receive)) : new(Turned(buffer.Span, receive.Outcome));
    }

    public override IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout) =>
        Turned(buffer, inner.ReceiveHandles(buffer, mostHandles, handles, timeout));

    public override IoResult Send(ReadOnlySpan<byte> data, TimeSpan timeout)
    {
        byte[] copy = data.ToArray();
        TurnOver(copy);
        return inner.Send(copy, timeout);
    }

    public override IoTask SendAsync(ReadOnlyMemory<byte> data, TimeSpan timeout, CancellationToken cancellationToken) =>
        IoTask.Of(SendCopyAsync(TurnedCopy(new ReadOnlySequence<byte>(data)), data.Length, timeout, cancellationToken));

    public override async ValueTask<IoResult> SendAsync(
        ReadOnlySequence<byte> data, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken)
    {
        IoResult outcome = await SendCopyAsync(TurnedCopy(data), (int)data.Length, timeout, cancellationToken).ConfigureAwait(false);
        progress.Sent = outcome.Count;
        return outcome;
    }

    public override bool TryReadOption(int level, int name, Span<byte> value) => inner.TryReadOption(level, name, value);

    public override void KeepWhileWatched(object keeper) => inner.KeepWhileWatched(keeper);

    public override async ValueTask<IoResult> SendFileAsync(
        SafeFileHandle file, long offset, long count, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken)
    {
        byte[] data = new byte[count];
        int length = 0;
        for (int read = 1; read > 0 && length < count; length += read)
        {
            read = RandomAccess.Read(file, data.AsSpan(length), offset + length);
        }

        IoResult outcome = await SendAsync(data.AsMemory(0, length), timeout, cancellationToken).AsOutcome().ConfigureAwait(false);
        progress.Sent = outcome.Count;
        return outcome;
    }

    public override IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout)
    {
        byte[] copy = data.ToArray();
        TurnOver(copy);
        return inner.SendHandles(copy, descriptors, timeout);
    }

    public override IoResult ShutdownSend() => inner.ShutdownSend();

    public override bool WaitReadable(TimeSpan timeout) => inner.WaitReadable(timeout);

    public override bool WaitWritable(TimeSpan timeout) => inner.WaitWritable(timeout);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => inner.WaitReadableAsync(cancellationToken);

    public override SafeSocketHandle DuplicateHandle() => inner.DuplicateHandle();

    public override void Abort(CloseReason reason)
    {
        BeginClose();
        inner.Abort(reason);
    }

    public override void Dispose()
    {
        BeginClose();
        inner.Dispose();
    }

    private static void TurnOver(Span<byte> bytes)
    {
        foreach (ref byte value in bytes)
        {
            value ^= Mask;
        }
    }

    /// <summary>Whatever the outcome, as many bytes as it counts are in the buffer.</summary>
    private static IoResult Turned(Span<byte> buffer, IoResult outcome)
    {
        TurnOver(buffer[..outcome.Count]);
        return outcome;
    }

    private static async ValueTask<IoResult> TurnedAsync(Memory<byte> buffer, IoTask receive)
    {
        IoResult outcome = await receive.AsOutcome().ConfigureAwait(false);
        return Turned(buffer.Span, outcome);
    }

    private static byte[] TurnedCopy(ReadOnlySequence<byte> data)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent((int)data.Length);
        data.CopyTo(copy);
        TurnOver(copy);
        return copy;
    }

    /// <summary>Runs on the caller's thread as far as the inner channel's send, so the messages queue in the order of the calls.</summary>
    private async ValueTask<IoResult> SendCopyAsync(byte[] copy, int length, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.SendAsync(copy.AsMemory(0, length), timeout, cancellationToken).AsOutcome().ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private void BeginClose()
    {
        WasClosed = true;
        closing?.Invoke(this);
    }
}

using System.Threading.Tasks.Sources;

namespace SocketKit.Tls;

/// <summary>
/// The transport that SslStream sees. During the handshake it passes calls on. Afterwards a read never touches the socket: it waits here
/// until somebody feeds it, and its continuation runs inside that call.
/// </summary>
internal sealed class PullStream(ICiphertextSink sink) : Stream, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _memory;
    private bool _hasEnded;

    /// <summary>The transport of the handshake; null once that is over.</summary>
    public HandshakeTransport? Handshake { get; set; }

    /// <summary>Whether a read waits to be fed.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>The buffer of the read that waits. Empty: SslStream only wants to know when there is something to read.</summary>
    public Memory<byte> Waiting => _memory;

    /// <summary>Whether SslStream was told that the transport has ended.</summary>
    public bool HasToldEnd { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Ends the read that waits. What SslStream does with the bytes happens inside this call.</summary>
    public void Feed(int count)
    {
        HasToldEnd |= count == 0 && !_memory.IsEmpty;
        IsWaiting = false;
        _read.SetResult(count);
    }

    /// <summary>From now on every read finds the end, without telling it as one of the transport.</summary>
    public void End()
    {
        _hasEnded = true;
        if (IsWaiting)
        {
            IsWaiting = false;
            _read.SetResult(0);
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Handshake is { } handshake)
        {
            return handshake.ReadAsync(buffer, cancellationToken);
        }

        if (_hasEnded)
        {
            return new(0);
        }

        _read.Reset();
        _memory = buffer;
        IsWaiting = true;
        return new(this, _read.Version);
    }

    /// <summary>Only a read that follows a completed one of zero bytes comes here, when it has found the end.</summary>
    public override int Read(Span<byte> buffer) => HasToldEnd || _hasEnded ? 0 : throw new InvalidOperationException("Nothing has come.");

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => sink.Send(buffer);

    public override void Write(byte[] buffer, int offset, int count) => sink.Send(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Handshake is { } handshake)
        {
            return handshake.WriteAsync(buffer, cancellationToken);
        }

        sink.Send(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);
}

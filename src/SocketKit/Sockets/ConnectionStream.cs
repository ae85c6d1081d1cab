using SocketKit.Engine;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Sockets;

/// <summary>
/// A connection as a stream. It throws <see cref="IOException"/> around the socket's exception, as stream users expect. Async calls return
/// the channel's own task and only word its exception here, so a call that waits allocates nothing.
/// </summary>
internal sealed class ConnectionStream(StreamConnection connection, bool leaveOpen) : Stream, IFaultSource
{
    private volatile bool _disposed;

    public override bool CanRead => IsOpen;

    public override bool CanWrite => IsOpen;

    public override bool CanSeek => false;

    public override bool CanTimeout => IsOpen;

    public override long Length => throw new NotSupportedException("A connection has no length.");

    public override long Position
    {
        get => throw new NotSupportedException("A connection has no position.");
        set => throw new NotSupportedException("A connection has no position.");
    }

    public override int ReadTimeout
    {
        get => Milliseconds(Open().ReceiveTimeout);
        set => Open().ReceiveTimeout = FromMilliseconds(value);
    }

    public override int WriteTimeout
    {
        get => Milliseconds(Open().SendTimeout);
        set => Open().SendTimeout = FromMilliseconds(value);
    }

    /// <summary>Whether neither the stream nor the connection was disposed by this side.</summary>
    private bool IsOpen => !_disposed && !connection.Channel.IsClosed;

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override int Read(Span<byte> buffer)
    {
        ThrowIfDisposed();
        try
        {
            return connection.Receive(buffer);
        }
        catch (SocketException exception)
        {
            // Stream users catch IOException; the socket's exception is its inner exception.
            throw Wrap(exception);
        }
    }

    public override int ReadByte()
    {
        byte value = 0;
        return Read(new Span<byte>(ref value)) == 0 ? -1 : value;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        TimeSpan timeout = connection.ReceiveTimeout;
        return connection.Direct.ReceiveAsync(buffer, ReceiveKind.Some, timeout, cancellationToken)
            .AsCount(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    // The base class would run these on the thread pool, and would make a write wait for a read.
    public override IAsyncResult BeginRead(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(ReadAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override int EndRead(IAsyncResult asyncResult) => TaskToAsyncResult.End<int>(asyncResult);

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ThrowIfDisposed();
        try
        {
            int sent = connection.Send(buffer);
            if (sent < buffer.Length)
            {
                throw new IOException(
                    $"In non-blocking mode only {sent} of {buffer.Length} bytes fit. "
                    + "A stream cannot say so: use blocking mode, or TrySend.");
            }
        }
        catch (SocketException exception)
        {
            // Stream users catch IOException; the socket's exception is its inner exception.
            throw Wrap(exception);
        }
    }

    public override void WriteByte(byte value) => Write(new ReadOnlySpan<byte>(in value));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        TimeSpan timeout = connection.SendTimeout;
        return connection.Direct.SendAsync(buffer, timeout, cancellationToken)
            .AsDone(this, SocketOperation.Send, timeout, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override IAsyncResult BeginWrite(byte[] buffer, int offset, int count, AsyncCallback? callback, object? state) =>
        TaskToAsyncResult.Begin(WriteAsync(buffer, offset, count, CancellationToken.None), callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => TaskToAsyncResult.End(asyncResult);

    public override void Flush()
    {
        // Nothing is buffered here: a write has reached the kernel when it returns.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A connection has no position.");

    public override void SetLength(long value) => throw new NotSupportedException("A connection has no length.");

    Exception IFaultSource.FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
        FaultOf(connection, operation, outcome, timeout, cancellationToken);

    /// <summary>The exception that users of streams and pipes expect.</summary>
    internal static Exception FaultOf(
        StreamConnection connection, SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Exception fault = ((IFaultSource)connection).FaultOf(operation, outcome, timeout, cancellationToken);
        return fault is SocketException exception ? Wrap(exception) : fault;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (!leaveOpen)
            {
                connection.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    internal static IOException Wrap(SocketException exception) => new(exception.Message, exception);

    private static int Milliseconds(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? Timeout.Infinite : (int)Math.Min(int.MaxValue, Math.Ceiling(timeout.TotalMilliseconds));

    /// <summary>Streams refuse 0, and take −1 for infinite.</summary>
    private static TimeSpan FromMilliseconds(int value) => value > 0 || value == Timeout.Infinite
        ? TimeSpan.FromMilliseconds(value)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A stream's time-out is positive, or Timeout.Infinite.");

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    /// <summary>The connection, while this stream may still read and change its time-outs.</summary>
    private StreamConnection Open()
    {
        ObjectDisposedException.ThrowIf(!IsOpen, this);
        return connection;
    }
}

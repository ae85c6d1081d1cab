using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Sockets;

/// <summary>A connection as a stream. Stream users expect <see cref="IOException"/>, so that is what a socket's failure becomes here.</summary>
internal sealed class ConnectionStream(StreamConnection connection, bool leaveOpen) : Stream
{
    private bool _disposed;

    public override bool CanRead => !_disposed;

    public override bool CanWrite => !_disposed;

    public override bool CanSeek => false;

    public override bool CanTimeout => true;

    public override long Length => throw new NotSupportedException("A connection has no length.");

    public override long Position
    {
        get => throw new NotSupportedException("A connection has no position.");
        set => throw new NotSupportedException("A connection has no position.");
    }

    public override int ReadTimeout
    {
        get => Milliseconds(connection.ReceiveTimeout);
        set => connection.ReceiveTimeout = FromMilliseconds(value);
    }

    public override int WriteTimeout
    {
        get => Milliseconds(connection.SendTimeout);
        set => connection.SendTimeout = FromMilliseconds(value);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            return connection.Receive(buffer);
        }
        catch (SocketException exception)
        {
            // Users of a stream look for IOException; the socket's own is inside.
            throw Wrap(exception);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            return await connection.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            // As in the blocking read.
            throw Wrap(exception);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            int sent = connection.Send(buffer);
            if (sent < buffer.Length)
            {
                throw new IOException($"In non-blocking mode only {sent} of {buffer.Length} bytes fit. A stream cannot say so: use blocking mode, or TrySend.");
            }
        }
        catch (SocketException exception)
        {
            // Users of a stream look for IOException; the socket's own is inside.
            throw Wrap(exception);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            await connection.SendAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException exception)
        {
            // As in the blocking write.
            throw Wrap(exception);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Flush()
    {
        // Nothing is held back: a write has reached the kernel when it returns.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A connection has no position.");

    public override void SetLength(long value) => throw new NotSupportedException("A connection has no length.");

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

    private static IOException Wrap(SocketException exception) => new(exception.Message, exception);

    private static int Milliseconds(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? Timeout.Infinite : (int)Math.Min(int.MaxValue, Math.Ceiling(timeout.TotalMilliseconds));

    /// <summary>The convention of streams: 0 is refused, −1 means for ever.</summary>
    private static TimeSpan FromMilliseconds(int value) => value > 0 || value == Timeout.Infinite
        ? TimeSpan.FromMilliseconds(value)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A stream's time-out is positive, or Timeout.Infinite.");
}

using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>Sends. In blocking mode all of it, under one deadline; in non-blocking mode what fits. send(2), never with SIGPIPE.</summary>
    /// <param name="data">The bytes. None: nothing happens.</param>
    /// <returns>Bytes handed to the kernel: all of them in blocking mode.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are with the kernel. Go on there, or abort.</exception>
    /// <exception cref="SocketException">WouldBlock in non-blocking mode: nothing fits, or another send is under way. Any other code: the connection is dead.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public int Send(ReadOnlySpan<byte> data)
    {
        TimeSpan timeout = SendTimeout;
        IoResult outcome = _channel.Send(data, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Send, outcome, this, timeout);
    }

    /// <summary>Sends a text as UTF-8, all of it.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Bytes sent.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The connection is in non-blocking mode, where a part of a character might be all that fits.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed; the count is in bytes.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public int Send(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (SendTimeout == TimeSpan.Zero)
        {
            throw new InvalidOperationException("Send(string) is for blocking mode. In non-blocking mode send bytes, and look at the count.");
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            return Send(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Sends what fits into the kernel's buffer, without waiting in any mode.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="sent">Bytes handed to the kernel, 0 if the result is false.</param>
    /// <returns>False if nothing fits, or another send is under way.</returns>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool TrySend(ReadOnlySpan<byte> data, out int sent)
    {
        IoResult outcome = _channel.Send(data, TimeSpan.Zero);
        sent = outcome.Count;
        return outcome.Status switch
        {
            ChannelStatus.Success => true,
            ChannelStatus.WouldBlock => false,
            _ => throw Faults.Of(SocketOperation.Send, outcome, this),
        };
    }

    /// <summary>Sends all of the bytes without blocking a thread. Concurrent sends queue whole, in the order of the calls.</summary>
    /// <param name="data">The bytes; they must not change until the task completes.</param>
    /// <param name="cancellationToken">
    /// Takes a send that has not begun out of the queue, without harm. One that has begun aborts the connection, because the peer may have a part.
    /// </param>
    /// <returns>A task that completes when the kernel has all bytes. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed, the time in the queue included.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = SendTimeout;
        return _channel.SendAsync(data, timeout, cancellationToken).AsDone(this, SocketOperation.Send, timeout, cancellationToken);
    }

    /// <summary>Sends all segments as one message without blocking a thread, gathered into as few system calls as possible. sendmsg(2).</summary>
    /// <param name="data">The segments; they must not change until the task completes.</param>
    /// <param name="cancellationToken">As in <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has all bytes. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed, the time in the queue included.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public ValueTask SendAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken = default)
    {
        return data.IsSingleSegment ? SendAsync(data.First, cancellationToken) : SendSegmentsAsync(data, cancellationToken);
    }

    /// <summary>Sends a text as UTF-8, all of it, without blocking a thread.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">As in <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has all bytes. Await it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed; the count is in bytes.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public ValueTask SendAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SendTextAsync(text, cancellationToken);
    }

    /// <summary>Sends a part of a file as one message.</summary>
    /// <param name="file">An open file; its position is not used and not changed.</param>
    /// <param name="offset">The first byte to send.</param>
    /// <param name="count">How many bytes; null for all from <paramref name="offset"/> on. A shorter file sends what it has.</param>
    /// <param name="cancellationToken">As in <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>Bytes sent.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="file"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="file"/> is closed or invalid.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> or <paramref name="count"/> is negative.</exception>
    /// <exception cref="NotSupportedException"><paramref name="file"/> cannot seek, such as a pipe; nothing was sent.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed for the whole file; the count says how far it came.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="IOException">The file could not be read. If a part had been sent, the message is cut: abort the connection.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public ValueTask<long> SendFileAsync(SafeFileHandle file, long offset = 0, long? count = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (count is { } wanted)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(wanted, nameof(count));
        }

        if (file.IsInvalid || file.IsClosed)
        {
            throw new ArgumentException("The file handle is closed or invalid.", nameof(file));
        }

        return SendFileCoreAsync(file, offset, count ?? Math.Max(0, RandomAccess.GetLength(file) - offset), cancellationToken);
    }

    private async ValueTask SendSegmentsAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        TimeSpan timeout = SendTimeout;
        var progress = new StreamChannel.SendProgress();
        IoResult outcome = await _channel.SendAsync(data, progress, timeout, cancellationToken).ConfigureAwait(false);
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Send, outcome, this, timeout, progress.Sent, cancellationToken);
        }
    }

    private async ValueTask<long> SendFileCoreAsync(SafeFileHandle file, long offset, long count, CancellationToken cancellationToken)
    {
        TimeSpan timeout = SendTimeout;
        var progress = new StreamChannel.SendProgress();
        IoResult outcome;
        try
        {
            outcome = await _channel.SendFileAsync(file, offset, count, progress, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException exception) when (file.IsClosed)
        {
            // Closed since the check; not to be taken for this connection being disposed.
            throw new ArgumentException("The file handle was closed before the file was sent.", nameof(file), exception);
        }

        return outcome.IsSuccess
            ? progress.Sent
            : throw Faults.Of(SocketOperation.SendFile, outcome, this, timeout, progress.Sent, cancellationToken);
    }

    private async ValueTask SendTextAsync(string text, CancellationToken cancellationToken)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            await SendAsync(bytes.AsMemory(0, Encoding.UTF8.GetBytes(text, bytes)), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}

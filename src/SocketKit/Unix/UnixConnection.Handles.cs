using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit;

public partial class UnixConnection
{
    private int _maxHandles;

    /// <summary>
    /// The maximum number of handles in one message, sent or received. If the peer sends more, the connection is aborted.
    /// </summary>
    /// <value>1 to 253. 16, unless the options set another value.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 1 to 253.</exception>
    public int MaxHandlesPerMessage
    {
        get => _maxHandles;
        set => _maxHandles = UnixOptions.CheckHandles(value, nameof(value));
    }

    /// <summary>
    /// Sends bytes, and duplicates of open handles (files, pipes or sockets) with the first byte: sendmsg(2), SCM_RIGHTS. It takes its turn
    /// in the send queue, and waits for at most <see cref="SocketBase.SendTimeout"/>.
    /// </summary>
    /// <param name="data">At least one byte, because handles cannot be sent alone.</param>
    /// <param name="handles">1 to <see cref="MaxHandlesPerMessage"/> open handles. They stay open and still belong to the caller.</param>
    /// <returns>
    /// The number of bytes sent: all of them, or in non-blocking mode what fits. In either case the handles were sent with the first byte.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// There is no data, or there are no handles, too many handles, or closed or invalid ones. Nothing was sent.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The deadline passed. The handles were sent if <see cref="SocketTimeoutException.BytesTransferred"/> is positive.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: the send buffer is full. NoBufferSpaceAvailable: too many handles are in flight; receive some
    /// first. OperationNotSupported: the connection speaks TLS, and stays usable. Any other code: the connection has failed and cannot be
    /// used any more.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public int SendHandles(ReadOnlySpan<byte> data, params ReadOnlySpan<SafeHandle> handles)
    {
        CheckSupport();
        if (data.IsEmpty)
        {
            throw new ArgumentException("Handles travel with at least one byte.", nameof(data));
        }

        CheckHandles(handles);
        TimeSpan timeout = SendTimeout;
        using PassedHandles lease = Lease(handles);
        IoResult outcome = Direct.SendHandles(data, lease.Descriptors, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Send, outcome, this, timeout);
    }

    /// <summary>
    /// Sends bytes, and duplicates of open handles with the first byte, without blocking a thread: sendmsg(2), SCM_RIGHTS. It takes its
    /// turn in the send queue.
    /// </summary>
    /// <param name="data">At least one byte, because handles cannot be sent alone. It must not change until the task completes.</param>
    /// <param name="handles">
    /// 1 to <see cref="MaxHandlesPerMessage"/> open handles. They still belong to the caller, who may dispose them at once: the descriptors
    /// stay open until the task completes.
    /// </param>
    /// <param name="cancellationToken">As for <see cref="StreamConnection.SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has all bytes, and the handles with the first of them. Await it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="handles"/> is null. Thrown synchronously.</exception>
    /// <exception cref="ArgumentException">
    /// There is no data, or there are no handles, too many handles, or closed or invalid ones. Nothing was sent. Thrown synchronously.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed. The handles were sent if
    /// <see cref="SocketTimeoutException.BytesTransferred"/> is positive.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">
    /// NoBufferSpaceAvailable: too many handles are in flight; receive some first. OperationNotSupported: the connection speaks TLS, and
    /// stays usable. Any other code: the connection has failed and cannot be
    /// used any more.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask SendHandlesAsync(
        ReadOnlyMemory<byte> data, IReadOnlyList<SafeHandle> handles, CancellationToken cancellationToken = default)
    {
        CheckSupport();
        ArgumentNullException.ThrowIfNull(handles);
        if (data.IsEmpty)
        {
            throw new ArgumentException("Handles travel with at least one byte.", nameof(data));
        }

        // The caller's list may change meanwhile.
        SafeHandle[] copy = [.. handles];
        CheckHandles(copy);
        return SendLeasedAsync(data, Lease(copy), cancellationToken);
    }

    /// <summary>
    /// Receives the next bytes and the handles that came with them: recvmsg(2). It waits for at most
    /// <see cref="SocketBase.ReceiveTimeout"/>. A plain <see cref="StreamConnection.Receive(Span{byte})"/> closes such handles.
    /// </summary>
    /// <param name="buffer">Where the bytes go; at least one byte.</param>
    /// <returns>
    /// The number of bytes, which is 0 once the peer has finished sending, and the handles, close-on-exec. The caller owns them.
    /// </returns>
    /// <exception cref="ArgumentException"><paramref name="buffer"/> is empty.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: nothing has arrived yet. MessageSize: more than <see cref="MaxHandlesPerMessage"/> handles came.
    /// TooManyOpenSockets: this process has no descriptors left for them. In both cases all handles are closed and the connection is
    /// aborted, because part of the message is lost. OperationNotSupported: the connection speaks TLS, and stays usable. Any other code:
    /// the connection has failed and cannot be used any more.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ReceivedHandles ReceiveHandles(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        return TryTake(buffer, timeout, out IoResult outcome) ?? throw Faults.Of(SocketOperation.Receive, outcome, this, timeout);
    }

    /// <summary>Receives bytes and handles if they have arrived: recvmsg(2). It never waits, in any mode.</summary>
    /// <param name="buffer">Where the bytes go; at least one byte.</param>
    /// <param name="received">The bytes and handles; null if the result is false.</param>
    /// <returns>False if nothing has arrived yet.</returns>
    /// <exception cref="ArgumentException"><paramref name="buffer"/> is empty.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="ReceiveHandles"/>.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool TryReceiveHandles(Span<byte> buffer, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ReceivedHandles? received)
    {
        received = TryTake(buffer, TimeSpan.Zero, out IoResult outcome);
        return received is not null || (outcome.Status == ChannelStatus.WouldBlock
            ? false
            : throw Faults.Of(SocketOperation.Receive, outcome, this));
    }

    /// <summary>Receives the next bytes and the handles that came with them, without blocking a thread: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go; at least one byte.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: nothing is lost.</param>
    /// <returns>The same as for <see cref="ReceiveHandles"/>. Await it once.</returns>
    /// <exception cref="ArgumentException"><paramref name="buffer"/> is empty.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed. Nothing was received; call again.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was received.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="ReceiveHandles"/>.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public async ValueTask<ReceivedHandles> ReceiveHandlesAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        Deadline deadline = timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);
        while (true)
        {
            IoResult outcome = default;
            if (cancellationToken.IsCancellationRequested)
            {
                outcome = IoResult.Ended(ChannelStatus.Canceled);
            }
            else if (TryTake(buffer.Span, TimeSpan.Zero, out outcome) is { } received)
            {
                return received;
            }
            else if (outcome.Status == ChannelStatus.WouldBlock)
            {
                outcome = deadline.HasPassed
                    ? IoResult.Ended(ChannelStatus.DeadlinePassed)
                    : await WaitReadableAsync(deadline, cancellationToken).ConfigureAwait(false);
            }

            if (!outcome.IsSuccess)
            {
                throw Faults.Of(SocketOperation.Receive, outcome, this, timeout, cancellationToken: cancellationToken);
            }
        }
    }

    private static void CheckSupport()
    {
        if (!HandlePassing.IsSupported)
        {
            throw new PlatformNotSupportedException("Passing handles over Unix sockets (SCM_RIGHTS) is available on Linux only.");
        }
    }

    private static PassedHandles Lease(ReadOnlySpan<SafeHandle> handles)
    {
        try
        {
            return PassedHandles.Take(handles);
        }
        catch (ObjectDisposedException exception)
        {
            // The handle was closed after the check. This must not look as if the connection was disposed.
            throw new ArgumentException("A handle is closed.", nameof(handles), exception);
        }
    }

    /// <summary>Waits for data, the token or the deadline. The caller checks which of the last two it was.</summary>
    private async ValueTask<IoResult> WaitReadableAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline.NextWaitMilliseconds());
        IoResult outcome = await Channel.WaitReadableAsync(limit.Token).AsOutcome().ConfigureAwait(false);
        return outcome.Status == ChannelStatus.Canceled ? default : outcome;
    }

    private async ValueTask SendLeasedAsync(ReadOnlyMemory<byte> data, PassedHandles handles, CancellationToken cancellationToken)
    {
        using PassedHandles lease = handles;
        TimeSpan timeout = SendTimeout;
        IoResult outcome = await Direct.SendHandlesAsync(data, lease.Descriptors, timeout, cancellationToken).ConfigureAwait(false);
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Send, outcome, this, timeout, cancellationToken: cancellationToken);
        }
    }

    private void CheckHandles(ReadOnlySpan<SafeHandle> handles)
    {
        if (handles.IsEmpty || handles.Length > _maxHandles)
        {
            throw new ArgumentException(
                $"A message carries 1 to {_maxHandles} handles (MaxHandlesPerMessage), not {handles.Length}.", nameof(handles));
        }

        foreach (SafeHandle handle in handles)
        {
            if (handle is null || handle.IsClosed || handle.IsInvalid)
            {
                throw new ArgumentException("A handle is null, closed or invalid.", nameof(handles));
            }
        }
    }

    private ReceivedHandles? TryTake(Span<byte> buffer, TimeSpan timeout, out IoResult outcome)
    {
        CheckSupport();
        if (buffer.IsEmpty)
        {
            throw new ArgumentException("Handles travel with at least one byte.", nameof(buffer));
        }

        var handles = new List<SafeFileHandle>();
        outcome = Direct.ReceiveHandles(buffer, _maxHandles, handles, timeout);
        if (outcome.IsSuccess)
        {
            return new ReceivedHandles(outcome.Count, handles);
        }

        if (outcome is { Status: ChannelStatus.Failed, Error: SocketError.MessageSize or SocketError.TooManyOpenSockets })
        {
            // A message that lost handles is not delivered, and none of its handles stays open (CVE-2020-12049).
            handles.ForEach(static handle => handle.Dispose());
            Abort(CloseReason.Error);
            string why = outcome.Error == SocketError.MessageSize
                ? $"the peer sent more than {_maxHandles} handles in one message (MaxHandlesPerMessage)"
                : "this process has no descriptor left for the peer's handles";
            string name = Faults.NameOf(SocketOperation.Receive);
            string message = $"{name} on {Describe('←')} failed: {why}. All were closed, and the connection was aborted.";
            throw new SocketOperationException(outcome.Error, message, name, LocalEndPoint, RemoteEndPoint) { Origin = this };
        }

        return null;
    }
}

using System.Net;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;

namespace SocketKit;

// Many datagrams per call. A receive waits for the first datagram only; a send waits until all have gone.
public abstract partial class DatagramEndpoint
{
    private Func<SocketAddress, EndPoint?>? _addressReader;

    /// <summary>
    /// Receives the datagrams that are there, as many as the batch takes: recvmmsg(2). If there is none it waits for one, for at most
    /// <see cref="SocketBase.ReceiveTimeout"/>.
    /// </summary>
    /// <param name="batch">Its contents are replaced; it is empty if the call fails.</param>
    /// <returns>The number of datagrams, at least 1.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="ReceiveFrom(Span{byte})"/>.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress, or another call uses the batch.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call, or the batch before.</exception>
    public int ReceiveBatch(DatagramBatch batch)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoResult outcome = ReceiveMany(batch, timeout);
        return outcome.IsSuccess ? outcome.Count : throw ReceiveFault(SocketOperation.Receive, outcome, timeout);
    }

    /// <summary>
    /// Receives the datagrams that are there, as many as the batch takes: recvmmsg(2). It never waits, in any mode.
    /// </summary>
    /// <param name="batch">Its contents are replaced.</param>
    /// <returns>False if nothing has arrived yet; the batch is empty then.</returns>
    /// <exception cref="SocketOperationException">
    /// An ICMP error on a connected endpoint, reported once. The endpoint stays usable.
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress, or another call uses the batch.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint or the batch was disposed.</exception>
    public bool TryReceiveBatch(DatagramBatch batch)
    {
        IoResult outcome = ReceiveMany(batch, TimeSpan.Zero);
        return outcome.IsSuccess || (outcome.Status == ChannelStatus.WouldBlock
            ? false
            : throw ReceiveFault(SocketOperation.Receive, outcome, default));
    }

    /// <summary>
    /// Receives the datagrams that are there, as many as the batch takes, or waits for one without blocking a thread: recvmmsg(2).
    /// </summary>
    /// <param name="batch">Its contents are replaced. Do not use it until the call completes.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>The number of datagrams, at least 1. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed. Nothing was received; call again.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was received.</exception>
    /// <exception cref="SocketOperationException">
    /// An ICMP error on a connected endpoint, reported once. The endpoint stays usable.
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// Another receive is in progress, or another call uses the batch (thrown synchronously).
    /// </exception>
    /// <exception cref="ObjectDisposedException">
    /// The endpoint was disposed before or during the call, or the batch before (thrown synchronously).
    /// </exception>
    public ValueTask<int> ReceiveBatchAsync(DatagramBatch batch, CancellationToken cancellationToken = default)
    {
        BeginReceive(batch);
        TimeSpan timeout = ReceiveTimeout;
        IoTask receiving;
        try
        {
            receiving = _channel.ReceiveBatchAsync(batch, timeout, cancellationToken);
        }
        catch
        {
            // Nobody will end the use of the batch later.
            batch.Leave();
            throw;
        }

        if (!receiving.IsPending)
        {
            batch.Leave();
        }

        return receiving.AsCount(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    /// <summary>
    /// Sends the datagrams of a batch in their order, each whole or not at all: sendmmsg(2). While the send buffer is full it waits, for at
    /// most <see cref="SocketBase.SendTimeout"/>. What went leaves the batch.
    /// </summary>
    /// <param name="batch">
    /// What to send; it is empty if all went. Otherwise its first datagram is the first one that was not sent. Call again to go on, or
    /// skip that one with <see cref="DatagramBatch.RemoveFirst"/>.
    /// </param>
    /// <returns>
    /// How many went. If that is not all, the next one was refused, and the next call throws for it. 0 for an empty batch.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The address of a datagram has another family than the endpoint, or no port. Nothing was sent.
    /// </exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. What was not sent is in the batch.</exception>
    /// <exception cref="SocketOperationException">
    /// The first datagram was refused, for a reason that <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/> names. Nothing was sent, and
    /// the batch is unchanged.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A datagram has no address (a received one: its sender has no name), and the endpoint has no peer; or the endpoint is connected to
    /// another address; or another call uses the batch. Nothing was sent.
    /// </exception>
    /// <exception cref="ObjectDisposedException">
    /// The endpoint was disposed before or during the call, or the batch before. What was not sent is in the batch.
    /// </exception>
    public int SendBatch(DatagramBatch batch)
    {
        TimeSpan timeout = SendTimeout;
        IoResult outcome = SendMany(batch, timeout);
        return outcome.IsSuccess ? outcome.Count : throw SendBatchFault(batch, outcome, timeout);
    }

    /// <summary>
    /// Sends the datagrams of a batch for which the send buffer has room, in their order: sendmmsg(2). It never waits, in any mode. What
    /// went leaves the batch.
    /// </summary>
    /// <param name="batch">What to send, as for <see cref="SendBatch"/>.</param>
    /// <param name="sent">How many went.</param>
    /// <returns>False if the send buffer is full; nothing was sent.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendBatch"/>.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="SendBatch"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SendBatch"/>.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint or the batch was disposed.</exception>
    public bool TrySendBatch(DatagramBatch batch, out int sent)
    {
        IoResult outcome = SendMany(batch, TimeSpan.Zero);
        sent = outcome.Count;
        return outcome.IsSuccess || (outcome.Status == ChannelStatus.WouldBlock
            ? false
            : throw SendBatchFault(batch, outcome, default));
    }

    /// <summary>
    /// Sends the datagrams of a batch in their order, each whole or not at all, without blocking a thread: sendmmsg(2). What went leaves
    /// the batch.
    /// </summary>
    /// <param name="batch">What to send, as for <see cref="SendBatch"/>. Do not use it until the call completes.</param>
    /// <param name="cancellationToken">
    /// Ends the wait for room in the send buffer. Cancellation-safe: what was not sent is in the batch.
    /// </param>
    /// <returns>How many went, as for <see cref="SendBatch"/>. Await it once.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendBatch"/>. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed. What was not sent is in the batch.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. What was not sent is in the batch.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="SendBatch"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SendBatch"/>. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">
    /// The endpoint was disposed before or during the call, or the batch before (thrown synchronously).
    /// </exception>
    public ValueTask<int> SendBatchAsync(DatagramBatch batch, CancellationToken cancellationToken = default)
    {
        BeginSend(batch);
        TimeSpan timeout = SendTimeout;
        IoTask sending;
        try
        {
            sending = _channel.SendBatchAsync(batch, timeout, cancellationToken);
        }
        catch
        {
            // Nobody will end the use of the batch later.
            batch.Leave();
            throw;
        }

        if (sending.IsPending)
        {
            return sending.AsCount(new SendBatchFaults(this, batch), SocketOperation.Send, timeout, cancellationToken);
        }

        batch.Leave();
        return sending.Outcome is { Status: ChannelStatus.Failed } refused
            ? ValueTask.FromException<int>(SendBatchFault(batch, refused, timeout, cancellationToken))
            : sending.AsCount(this, SocketOperation.Send, timeout, cancellationToken);
    }

    private IoResult ReceiveMany(DatagramBatch batch, TimeSpan timeout)
    {
        BeginReceive(batch);
        try
        {
            return _channel.ReceiveBatch(batch, timeout);
        }
        finally
        {
            batch.Leave();
        }
    }

    private IoResult SendMany(DatagramBatch batch, TimeSpan timeout)
    {
        BeginSend(batch);
        try
        {
            IoResult outcome = _channel.SendBatch(batch, timeout);
            return outcome.Status == ChannelStatus.WouldBlock && batch.Gone > 0 ? new IoResult(batch.Gone) : outcome;
        }
        finally
        {
            batch.Leave();
        }
    }

    private void BeginReceive(DatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Enter();
        batch.Restart();
        batch.AddressReader = _addressReader ??= ReadAddress;
    }

    private void BeginSend(DatagramBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Enter();
        try
        {
            batch.AddressReader = _addressReader ??= ReadAddress;
            for (int slot = batch.First; slot < batch.First + batch.Count; slot++)
            {
                CheckTarget(batch, slot);
            }
        }
        catch
        {
            // A wrong argument: nothing was sent.
            batch.Leave();
            throw;
        }
    }

    /// <summary>Checks the address of one datagram, and writes it as sendto(2) takes it from this endpoint.</summary>
    private void CheckTarget(DatagramBatch batch, int slot)
    {
        if (batch.TargetOf(slot) is not { } to)
        {
            ThrowIfDisposed(Faults.NameOf(SocketOperation.Send));
            if (_peer is null)
            {
                int index = slot - batch.First;
                throw new InvalidOperationException(
                    $"send on {Describe('→')}: datagram {index} of the batch has no address, and the endpoint is not connected.");
            }

            return;
        }

        SocketAddress? scratch = null;
        SocketAddress? target = TargetOf(to, ref scratch);
        if (!ReferenceEquals(target, to))
        {
            batch.Retarget(slot, target);
        }

        ReturnAddress(scratch);
    }

    private Exception SendBatchFault(
        DatagramBatch batch, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        bool isAboutFirst = outcome.Status == ChannelStatus.Failed && !IsAboutEarlier(outcome.Error);
        EndPoint? to = isAboutFirst && batch.Count > 0 ? batch.EndPointOf(batch.First) : null;
        return Faults.Of(SocketOperation.Send, outcome, this, to, timeout, batch.GoneBytes, cancellationToken);
    }

    /// <summary>Names the target that was refused to a send that had to wait, and what went before.</summary>
    private sealed class SendBatchFaults(DatagramEndpoint endpoint, DatagramBatch batch) : IFaultSource
    {
        public Exception FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
            endpoint.SendBatchFault(batch, outcome, timeout, cancellationToken);
    }
}

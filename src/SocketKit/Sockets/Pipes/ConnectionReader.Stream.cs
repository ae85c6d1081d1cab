using System.Buffers;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Sockets.Pipes;

/// <summary>What the stream over this reader needs: it receives into the memory of its caller, past the segments.</summary>
internal sealed partial class ConnectionReader
{
    public override Stream AsStream(bool leaveOpen = false) => new ReaderStream(this, leaveOpen);

    /// <summary>Copies what the reader holds. False: it holds nothing, and the caller receives.</summary>
    internal bool TryReadInto(Span<byte> destination, out int count)
    {
        ThrowIfBusy();
        if (TakeCancel())
        {
            throw WasCancelled();
        }

        count = (int)Math.Min(destination.Length, _bytes.Length);
        if (_bytes.Length == 0)
        {
            return _isEnded;
        }

        _bytes.Sequence.Slice(0, count).CopyTo(destination);
        _isExamined = false;
        _bytes.Consume(count);
        return true;
    }

    /// <summary>Receives while the reader holds nothing, on this thread.</summary>
    internal int Receive(Span<byte> destination)
    {
        TimeSpan timeout = _connection.ReceiveTimeout;
        IoResult outcome = _connection.Channel.Receive(destination, ReceiveKind.Some, timeout);
        return outcome.IsSuccess ? outcome.Count : throw FaultOf(outcome, timeout, CancellationToken.None);
    }

    /// <summary>The same without blocking a thread.</summary>
    internal async ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan timeout = _connection.ReceiveTimeout;
            IoTask receiving = _connection.Channel.ReceiveAsync(destination, ReceiveKind.Some, timeout, cancellationToken);
            if (IsToEnd)
            {
                _connection.Channel.CancelReceive();
            }

            IoResult outcome = await receiving.AsOutcome().ConfigureAwait(false);
            if (outcome.IsSuccess)
            {
                return outcome.Count;
            }

            if (outcome.Status != ChannelStatus.Canceled || cancellationToken.IsCancellationRequested)
            {
                throw FaultOf(outcome, timeout, cancellationToken);
            }

            if ((Volatile.Read(ref _state) & Completed) != 0)
            {
                throw IsCompleted();
            }

            // A cancellation that was meant for the read before this one ends nothing.
            if (TakeCancel())
            {
                throw WasCancelled();
            }
        }
    }

    private static OperationCanceledException WasCancelled() => new("The read was cancelled by CancelPendingRead.");

    private Exception FaultOf(IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
        ConnectionStream.FaultOf(_connection, SocketOperation.Receive, outcome, timeout, cancellationToken);
}

using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

/// <summary>Messages that wait for their turn. Until then their time-outs do not begin.</summary>
internal abstract partial class QueuedStream
{
    /// <summary>The lengths of the messages that wait for their turn. Only they pay for an interlocked addition.</summary>
    private long _queuedLength;

    /// <summary>Waits until it is this message's turn. Meanwhile its length counts as queued.</summary>
    private ValueTask<ChannelStatus> EnterSendAsync(long length, CancellationToken cancellationToken) =>
        _closing ? new(ChannelStatus.Closed)
        : cancellationToken.IsCancellationRequested ? new(ChannelStatus.Canceled)
        : _sendLock.TryEnter() ? new(ChannelStatus.Success)
        : QueueAsync(length, cancellationToken);

    private async ValueTask<ChannelStatus> QueueAsync(long length, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _queuedLength, length);
        try
        {
            return await _sendLock.EnterAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _queuedLength, -length);
        }
    }

    /// <summary>The same on this thread.</summary>
    private ChannelStatus EnterSend(long length)
    {
        Interlocked.Add(ref _queuedLength, length);
        try
        {
            return _sendLock.Enter(Deadline.Infinite);
        }
        finally
        {
            Interlocked.Add(ref _queuedLength, -length);
        }
    }

    /// <summary>
    /// A whole message that waits for its turn, and then is sent by a thread of the pool. There may be as many as the application likes,
    /// so each of them is this one object.
    /// </summary>
    private sealed class QueuedSend(QueuedStream stream, ReadOnlyMemory<byte> data, TimeSpan timeout, CancellationToken cancellationToken)
        : IoTaskSource, ITurn, IThreadPoolWorkItem
    {
        private ReadOnlyMemory<byte> _data = data;
        private CancellationTokenRegistration _registration;

        ITurn? ITurn.Before { get; set; }

        ITurn? ITurn.Behind { get; set; }

        public IoTask Start()
        {
            Interlocked.Add(ref stream._queuedLength, _data.Length);
            IoTask task = Task;

            // Before it is in the queue: afterwards its turn may come at any time, and dispose the registration.
            _registration = cancellationToken.UnsafeRegister(static state => ((QueuedSend)state!).Withdraw(), this);
            if (stream._sendLock.TryQueue(this, out ChannelStatus status))
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    // The token may have fired before this was in the queue.
                    Withdraw();
                }
            }
            else if (status == ChannelStatus.Success)
            {
                Execute();
            }
            else
            {
                ((ITurn)this).OnTurn(status);
            }

            return task;
        }

        void ITurn.OnTurn(ChannelStatus status)
        {
            if (status == ChannelStatus.Success)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            // Does not wait for a callback that runs at this moment, and may wait for the queue's lock.
            _registration.Unregister();
            Leave();
            Complete(IoResult.Ended(status), asynchronously: true);
        }

        public void Execute()
        {
            _registration.Unregister();
            ReadOnlyMemory<byte> message = _data;
            Leave();
            IoTask sending;
            try
            {
                sending = stream.SendWholeAsync(message, AsyncDeadline(timeout), cancellationToken);
            }
            catch (Exception exception)
            {
                // The caller's memory threw. The exception goes to the caller; on a pool thread it would end the process.
                NoteThrown(exception);
                Complete(IoResult.Ended(ChannelStatus.Failed));
                return;
            }

            if (sending.IsPending)
            {
                new Pending(this, sending).Start();
            }
            else
            {
                Complete(sending.Outcome);
            }
        }

        private void Withdraw() => stream._sendLock.Withdraw(this, ChannelStatus.Canceled);

        private void Leave()
        {
            Interlocked.Add(ref stream._queuedLength, -_data.Length);
            _data = default;
        }

        private void End(IoTask sent)
        {
            IoResult outcome;
            try
            {
                outcome = sent.Take();
            }
            catch (Exception exception)
            {
                // The caller's memory threw while the rest was sent.
                NoteThrown(exception);
                outcome = IoResult.Ended(ChannelStatus.Failed);
            }

            Complete(outcome);
        }

        /// <summary>The one message that has its turn and waits for room. Those behind it do without these fields.</summary>
        private sealed class Pending(QueuedSend message, IoTask sending)
        {
            public void Start() => sending.OnEnded(static state => ((Pending)state!).OnEnded(), this);

            private void OnEnded() => message.End(sending);
        }
    }
}

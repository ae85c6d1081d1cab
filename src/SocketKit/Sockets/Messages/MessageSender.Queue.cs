namespace SocketKit.Sockets.Messages;

/// <summary>What waits: runs of copied messages, and calls. Places in the queue are used again.</summary>
internal sealed partial class MessageSender
{
    public bool TrySend(ReadOnlySpan<byte> message)
    {
        CheckLength(message.Length);
        OutgoingMessage? framed = _head < 0 ? Frame(message) : null;
        bool sends;
        lock (Gate)
        {
            if (TakeFault() is { } fault)
            {
                Recycle(framed);
                throw fault;
            }

            long bytes = framed?.Length ?? (long)_head + message.Length + _framing.Tail.Length;
            if (_copiedBytes + bytes > _queueLimit)
            {
                // Sending may have paused at a time-out, with nobody left to begin again.
                PostUnlessSending();
                Recycle(framed);
                return false;
            }

            sends = Copy(message, framed) >= MostStaged && TryBegin();
            PostUnlessSending();
        }

        if (sends)
        {
            Drive(Attempt(), isInCall: true);
        }

        return true;
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        SendQueued();
        OutgoingMessage call;
        lock (Gate)
        {
            if (TakeFault() is { } fault)
            {
                return ValueTask.FromException(fault);
            }

            if (!_isSending && _copiedBytes == 0 && _waiters == 0)
            {
                return ValueTask.CompletedTask;
            }

            // It ends when everything in front of it has been sent.
            call = Rent();
            Enqueue(call, cancellationToken);
            PostUnlessSending();
        }

        return call.Await();
    }

    /// <summary>Sends the copied messages, unless somebody does already.</summary>
    public void SendQueued()
    {
        if (Volatile.Read(ref _copiedBytes) == 0)
        {
            return;
        }

        lock (Gate)
        {
            if (!TryBegin())
            {
                return;
            }
        }

        Drive(Attempt(), isInCall: true);
    }

    /// <summary>The call has ended, and its result was taken; or it was never in the queue.</summary>
    public void Recycle(OutgoingMessage? call)
    {
        if (call is null)
        {
            return;
        }

        lock (Gate)
        {
            call.Clear();
            if (_spares < MostSpare)
            {
                _spares++;
                call.Next = _spare;
                _spare = call;
            }
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void Enqueue(OutgoingMessage call, CancellationToken cancellationToken)
    {
        call.Token = cancellationToken;
        call.State = OutgoingState.Queued;
        _queue.Add(call);
        _waiters++;
        _waitingBytes += call.Length + call.Body.Length;
    }

    /// <summary>Takes a call that waits out of the queue. The caller holds the gate.</summary>
    private void Dequeue(OutgoingMessage call)
    {
        _queue.Remove(call);
        _waiters--;
        _waitingBytes -= call.Length + call.Body.Length;
    }

    /// <summary>Copies a message to the end of the queue. Returns the length of its run. The caller holds the gate.</summary>
    private long Copy(ReadOnlySpan<byte> message, OutgoingMessage? framed)
    {
        OutgoingMessage run = Run();
        long before = run.Length;
        try
        {
            if (framed is null)
            {
                _framing.Write(message, run);
            }
            else
            {
                run.Take(framed);
            }
        }
        catch
        {
            // The framing cannot carry the message, or there is no memory: nothing was queued.
            run.Truncate(before);
            if (before == 0)
            {
                _queue.Remove(run);
                Recycle(run);
            }

            throw;
        }

        Recycle(framed);
        _copiedBytes += run.Length - before;
        return run.Length;
    }

    /// <summary>The run of copied messages at the end of the queue. The caller holds the gate.</summary>
    private OutgoingMessage Run()
    {
        if (_queue.Last is { Kind: OutgoingKind.Copied } last)
        {
            return last;
        }

        OutgoingMessage run = Rent();
        run.Kind = OutgoingKind.Copied;
        _queue.Add(run);
        return run;
    }

    /// <summary>The caller holds the gate.</summary>
    private OutgoingMessage Rent()
    {
        if (_spare is not { } call)
        {
            return new OutgoingMessage(this);
        }

        _spares--;
        _spare = call.Next;
        call.Next = null;
        return call;
    }

    private void PostUnlessSending()
    {
        if (!_isSending)
        {
            Post();
        }
    }

    /// <summary>
    /// Runs <see cref="IThreadPoolWorkItem.Execute"/> later, once for all that is left for it until then. The caller holds the gate.
    /// </summary>
    private void Post()
    {
        if (!_isPosted)
        {
            _isPosted = true;
            _connection.Channel.RunLater(this);
        }
    }
}

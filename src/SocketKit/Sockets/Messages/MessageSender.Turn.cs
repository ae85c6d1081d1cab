namespace SocketKit.Sockets.Messages;

/// <summary>
/// The end of a turn, and telling callers how their calls have ended. The code behind the calls mostly sends again. So what it sends is
/// gathered, and leaves when the last caller has been told.
/// </summary>
internal sealed partial class MessageSender : IThreadPoolWorkItem
{
    /// <summary>
    /// How many threads tell callers before they send what waits. A third one sends first, because code that takes long may hold up both.
    /// </summary>
    private const int MostTellers = 2;

    /// <summary>How many threads tell callers at this moment.</summary>
    private int _tellers;

    /// <summary>
    /// Not 0: a receive has given way to other connections, and goes on with the next turn. 2: it has waited for one already. Whoever sets
    /// it to 0 resumes the receive.
    /// </summary>
    private int _resumes;

    /// <summary>The end of a turn: sends what the calls of this turn have left.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        bool tells;
        bool begins;
        lock (Gate)
        {
            _isPosted = false;
            tells = _ended.First is not null && _tellers < MostTellers;
            begins = !tells && TryBeginTurn();
        }

        if (tells)
        {
            // Another thread has ended many calls, and runs the code behind one of them. This thread helps, so that what their callers send
            // next leaves together, and code that takes long holds up no other caller.
            Tell(isInCall: false);
            lock (Gate)
            {
                begins = TryBeginTurn();
            }
        }

        if (begins)
        {
            Drive(Attempt(), isInCall: false);
        }
        else
        {
            Tell(isInCall: false);
        }

        if ((begins || tells) && Interlocked.CompareExchange(ref _resumes, 2, 1) == 1)
        {
            // The code behind sends has just run here, so the receive waits for one more turn, and no longer.
            PostForReceive();
        }
        else if (Volatile.Read(ref _resumes) != 0 && Interlocked.Exchange(ref _resumes, 0) != 0)
        {
            _channel.Resume();
        }
    }

    public void ResumeLater()
    {
        Volatile.Write(ref _resumes, 1);
        PostForReceive();
    }

    /// <summary>Begins to send what has been left. The caller holds the gate. False: nothing has, or somebody sends.</summary>
    private bool TryBeginTurn()
    {
        _isGathering = false;
        bool begins = !_isSending && (_queue.First is not null || !_sending.IsEmpty);
        _isSending |= begins;
        return begins;
    }

    private void PostForReceive()
    {
        lock (Gate)
        {
            Post();
        }
    }

    /// <summary>Tells callers the outcomes, until no call is left. Other threads may help.</summary>
    private void Tell(bool isInCall)
    {
        // A thread sees at least the calls that it has ended itself.
        if (_ended.First is null)
        {
            return;
        }

        Interlocked.Increment(ref _tellers);
        while (NextToTell() is { } call)
        {
            call.Complete(isInCall);
        }

        Interlocked.Decrement(ref _tellers);
    }

    private OutgoingMessage? NextToTell()
    {
        lock (Gate)
        {
            if (_ended.First is not { } call)
            {
                return null;
            }

            _ended.Remove(call);
            if (_isGathering || _ended.First is not null)
            {
                // The code behind this call may take long. Then another thread goes on.
                Post();
            }

            return call;
        }
    }
}

using System.Buffers;
using System.Threading.Tasks.Sources;
using SocketKit.Engine;

namespace SocketKit.Sockets.Messages;

/// <summary>
/// A place in the send queue: a call that waits, which is the reusable source of its task, or a run of messages that were copied and that
/// nobody waits for. The sender's gate protects it, and once it has ended it belongs to whoever awaits it.
/// </summary>
/// <param name="sender">The sender.</param>
internal sealed class OutgoingMessage(MessageSender sender) : MessageBuffer(sender), IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;

    /// <summary>Under the lock of this object: the thread in <see cref="Block"/> may take the result.</summary>
    private bool _isReleased;

    public OutgoingMessage? Next { get; set; }

    public OutgoingMessage? Previous { get; set; }

    public OutgoingKind Kind { get; set; }

    /// <summary>The caller's memory.</summary>
    public ReadOnlySequence<byte> Body { get; set; }

    public CancellationToken Token { get; set; }

    public OutgoingState State { get; set; }

    /// <summary>The token fired when the message was about to be sent.</summary>
    public bool IsToCancel { get; set; }

    /// <summary>Where the message begins in the stream of all bytes that were sent.</summary>
    public long Start { get; set; }

    public long End { get; set; }

    /// <summary>What the call throws.</summary>
    public Exception? Fault { get; set; }

    /// <summary>The task of the call. From here on the token counts.</summary>
    public ValueTask Await()
    {
        short version = _core.Version;
        if (Token.CanBeCanceled && State != OutgoingState.Ended)
        {
            _registration = Token.UnsafeRegister(static state => ((OutgoingMessage)state!).Cancel(), this);
        }

        return new(this, version);
    }

    /// <summary>Waits on this thread.</summary>
    public void Block()
    {
        short version = _core.Version;
        if (_core.GetStatus(version) == ValueTaskSourceStatus.Pending)
        {
            BlockingWait.Announce();
            _core.OnCompleted(
                static state => ((OutgoingMessage)state!).Release(), this, version, ValueTaskSourceOnCompletedFlags.None);

            // The status alone may say so while the thread that completes the call still uses the source.
            lock (this)
            {
                while (!_isReleased)
                {
                    Monitor.Wait(this);
                }

                _isReleased = false;
            }
        }

        ((IValueTaskSource)this).GetResult(version);
    }

    /// <summary>Ends the call; its continuation runs now, or on the thread pool.</summary>
    public void Complete(bool asynchronously)
    {
        // The code behind a cancelled call must not run inside the call that has cancelled it.
        _core.RunContinuationsAsynchronously = asynchronously || Fault is OperationCanceledException;
        if (Fault is null)
        {
            _core.SetResult(true);
        }
        else
        {
            _core.SetException(Fault);
        }
    }

    /// <summary>Nothing refers to the call any more. The caller holds the gate.</summary>
    public void Clear()
    {
        Truncate(0);
        Body = default;
        Token = default;
        Fault = null;
        Kind = OutgoingKind.Flush;
        IsToCancel = false;
        State = OutgoingState.Free;
    }

    void IValueTaskSource.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The send is still under way.");
        }

        // It waits for a callback of the token that runs at this moment. A late one would end another call.
        _registration.Dispose();
        _registration = default;
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            // A second await of the same task throws, and the caller's continuation is no longer referenced.
            _core.Reset();
            Sender.Recycle(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel() => Sender.Cancel(this);

    private void Release()
    {
        lock (this)
        {
            _isReleased = true;
            Monitor.Pulse(this);
        }
    }
}

using System.Runtime.Versioning;
using System.Threading.Tasks.Sources;
using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Engine.Linux;

/// <summary>
/// Waits for events of a descriptor that is no stream: a listener, or a connect under way. One waiter at a time, which goes on on the loop.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class EventWait(EpollLoop loop) : IEventTarget, IValueTaskSource, ILoopWork
{
    private readonly Lock _lock = new();
    private ManualResetValueTaskSourceCore<bool> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;
    private Slowness _slowness;
    private bool _waiting;
    private bool _happened;
    private bool _canceled;
    private bool _registered;
    private bool _closed;

    ulong IEventTarget.Key { get; set; }

    ref Slowness ILoopWork.Slowness => ref _slowness;

    /// <summary>Registers the descriptor, edge-triggered, once.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The system refuses.</exception>
    public void Register(int fd, uint events)
    {
        lock (_lock)
        {
            if (!_registered && !_closed)
            {
                loop.Add(fd, events, this);
                _registered = true;
            }
        }
    }

    /// <summary>For good, before the descriptor is closed.</summary>
    public void Unregister(int fd)
    {
        lock (_lock)
        {
            _closed = true;
            if (_registered)
            {
                loop.Remove(fd, this);
                _registered = false;
            }
        }
    }

    /// <summary>An event since this was called last, or the next one; also <see cref="Wake"/>.</summary>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public ValueTask NextAsync(CancellationToken cancellationToken)
    {
        // All is in place before the wait can end.
        _cancellationToken = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static state => ((EventWait)state!).Cancel(), this);
        var pending = new ValueTask(this, _core.Version);
        lock (_lock)
        {
            _waiting = !_happened && !cancellationToken.IsCancellationRequested;
            _happened = false;
            if (_waiting)
            {
                return pending;
            }
        }

        // A callback that runs at this moment finds nobody waiting.
        _registration.Unregister();
        cancellationToken.ThrowIfCancellationRequested();
        return default;
    }

    /// <summary>Goes on on the loop after the others had their turn.</summary>
    public ValueTask YieldAsync()
    {
        var pending = new ValueTask(this, _core.Version);
        loop.PostContinuation(this);
        return pending;
    }

    public void Wake()
    {
        if (TryEndWait())
        {
            loop.PostContinuation(this);
        }
    }

    void IEventTarget.OnEvents(uint events)
    {
        if (TryEndWait())
        {
            loop.Queue(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        _registration.Dispose();
        _registration = default;
        if (_canceled)
        {
            _canceled = false;
            _core.SetException(new OperationCanceledException(_cancellationToken));
        }
        else
        {
            _core.SetResult(true);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        try
        {
            _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        lock (_lock)
        {
            if (!_waiting)
            {
                return;
            }

            _waiting = false;
            _canceled = true;
        }

        loop.PostContinuation(this);
    }

    private bool TryEndWait()
    {
        lock (_lock)
        {
            bool ends = _waiting;
            _waiting = false;
            _happened |= !ends;
            return ends;
        }
    }
}

using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux;

/// <summary>Waits for events of a descriptor that is no stream: a listener, or a connect under way. One waiter at a time.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EventWait(EpollLoop loop) : IEventTarget
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _waiter;
    private bool _happened;
    private bool _registered;
    private bool _closed;

    ulong IEventTarget.Key { get; set; }

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
    public async Task NextAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_lock)
        {
            if (_happened)
            {
                _happened = false;
                return;
            }

            waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiter = waiter;
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter);
        await waiter.Task.ConfigureAwait(false);
    }

    void IEventTarget.OnEvents(uint events) => Wake();

    public void Wake()
    {
        lock (_lock)
        {
            if (_waiter is null || !_waiter.TrySetResult())
            {
                _happened = true;
            }

            _waiter = null;
        }
    }
}

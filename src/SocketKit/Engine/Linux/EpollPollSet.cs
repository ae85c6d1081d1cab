using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Polling;

namespace SocketKit.Engine.Linux;

/// <summary>
/// An epoll(7) set of its own, level-triggered. A descriptor may be registered with a loop's set at the same time: each set sees every
/// event.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollPollSet : PollSet
{
    private readonly EpollSet _set = new();

    public override void Change(IPollTarget target, ulong key, Readiness before, Readiness now)
    {
        if (before == now)
        {
            return;
        }

        if (!target.TryLease(out nint handle))
        {
            // The socket's owner has closed it, and the close has removed the registration. Its number may belong to another file.
            ObjectDisposedException.ThrowIf(now != Readiness.None, target);
            return;
        }

        try
        {
            Change((int)handle, key, before, now);
        }
        finally
        {
            target.EndLease();
        }
    }

    public override int Wait(Span<PollEvent> events, int milliseconds)
    {
        int count = _set.Wait(milliseconds, events.Length);
        int found = 0;
        for (int i = 0; i < count; i++)
        {
            ulong key = _set.DataAt(i);
            if (key != EpollSet.WakeData)
            {
                events[found++] = new PollEvent(key, Seen(_set.EventsAt(i)));
            }
        }

        return found;
    }

    public override void Wake() => _set.Wake();

    public override void Dispose() => _set.Dispose();

    private void Change(int fd, ulong key, Readiness before, Readiness now)
    {
        if (now == Readiness.None)
        {
            _set.Remove(fd);
        }
        else if (before == Readiness.None)
        {
            _set.Add(fd, EventsOf(now), key);
        }
        else
        {
            _set.Modify(fd, EventsOf(now), key);
        }
    }

    /// <summary>The kernel adds EPOLLERR and EPOLLHUP.</summary>
    private static uint EventsOf(Readiness interest) =>
        ((interest & Readiness.Readable) != 0 ? Libc.EPOLLIN : 0)
        | ((interest & Readiness.Writable) != 0 ? Libc.EPOLLOUT : 0)
        | ((interest & (Readiness.Readable | Readiness.HangUp)) != 0 ? Libc.EPOLLRDHUP : 0);

    /// <summary>After an error or a hang-up no call would wait, and the kernel does not always say that, too.</summary>
    private static Readiness Seen(uint events) =>
        ((events & (Libc.EPOLLIN | Libc.EPOLLERR | Libc.EPOLLHUP)) != 0 ? Readiness.Readable : 0)
        | ((events & (Libc.EPOLLOUT | Libc.EPOLLERR | Libc.EPOLLHUP)) != 0 ? Readiness.Writable : 0)
        | ((events & (Libc.EPOLLRDHUP | Libc.EPOLLHUP)) != 0 ? Readiness.HangUp : 0)
        | ((events & Libc.EPOLLERR) != 0 ? Readiness.Error : 0);
}

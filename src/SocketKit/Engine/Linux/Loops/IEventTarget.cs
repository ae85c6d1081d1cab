namespace SocketKit.Engine.Linux.Loops;

/// <summary>The owner of a registered descriptor.</summary>
internal interface IEventTarget
{
    /// <summary>The data of the registration: slot and generation, assigned by the loop.</summary>
    ulong Key { get; set; }

    /// <summary>Called on the loop. Only system calls and queueing are allowed.</summary>
    /// <param name="events">The events of epoll_wait(2), EPOLLIN and others.</param>
    void OnEvents(uint events);

    /// <summary>
    /// Called on the loop, without an event: attempts the receive of a connection that waits. True: it has ended, and its continuation is
    /// queued.
    /// </summary>
    bool TryReceive();
}

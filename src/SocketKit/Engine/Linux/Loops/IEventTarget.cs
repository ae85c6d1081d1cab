namespace SocketKit.Engine.Linux.Loops;

/// <summary>What a registered descriptor belongs to.</summary>
internal interface IEventTarget
{
    /// <summary>The data of its registration: slot and generation, given by the loop.</summary>
    ulong Key { get; set; }

    /// <summary>On the loop; only system calls and queueing.</summary>
    /// <param name="events">EPOLLIN and the others.</param>
    void OnEvents(uint events);
}

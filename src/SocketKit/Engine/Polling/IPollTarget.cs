namespace SocketKit.Engine.Polling;

/// <summary>A channel whose descriptor can be in a <see cref="PollSet"/>. Any thread calls any member.</summary>
internal interface IPollTarget
{
    PollKind Kind { get; }

    /// <summary>Who watches this channel. The channel closes it before it closes its descriptor.</summary>
    ref PollWatches Watches { get; }

    /// <summary>
    /// What the channel has taken from the kernel and keeps for the next call, so that the descriptor does not show it: a connection, or
    /// an error. The channel tells its watches when that begins.
    /// </summary>
    Readiness Held { get; }

    /// <summary>
    /// The descriptor, which stays open until <see cref="EndLease"/>. False: it is closed, by this library or by the socket's owner.
    /// </summary>
    bool TryLease(out nint handle);

    /// <summary>The counterpart of <see cref="TryLease"/>.</summary>
    void EndLease();
}

using SocketKit.Engine.Polling;

namespace SocketKit.Sockets.Polling;

/// <summary>One socket in one poller. The poller's lock protects what can change.</summary>
internal sealed class PolledSocket(SocketPoller poller, SocketBase socket, IPollTarget target, object? state) : PollWatch
{
    public override object Owner => poller;

    public SocketBase Socket => socket;

    public IPollTarget Target => target;

    public Readiness Interest { get; set; }

    public object? State { get; set; } = state;

    /// <summary>Its name in the set; <see cref="PollTable.NoKey"/> when it is not in the table.</summary>
    public ulong Key { get; set; } = PollTable.NoKey;

    /// <summary>Whether it is in the list of those that may hold something.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The last wait that has found it, and where in that wait's result.</summary>
    public (long Round, int Index) Found { get; set; }

    public override void OnClosing() => poller.Leave(this);

    public override void OnHeld() => poller.NoteHeld(this);
}

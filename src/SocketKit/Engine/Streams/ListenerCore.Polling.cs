using SocketKit.Engine.Polling;

namespace SocketKit.Engine.Streams;

/// <summary>Waiting through a poller, which also has to know of connections that the accept queue keeps.</summary>
internal sealed partial class ListenerCore : IPollTarget
{
    private PollWatches _watches;

    public override IPollTarget PollTarget => this;

    public PollKind Kind => PollKind.Listener;

    public Readiness Held => _queue.HasReady ? Readiness.Readable : Readiness.None;

    ref PollWatches IPollTarget.Watches => ref _watches;

    public bool TryLease(out nint handle) => SocketLease.TryBegin(_socket, out handle);

    public void EndLease() => SocketLease.End(_socket);

    private void NoteKept() => _watches.NoteHeld();
}

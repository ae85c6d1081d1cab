using SocketKit.Engine.Polling;

namespace SocketKit.Engine.Streams;

/// <summary>Waiting through a poller: the kernel holds every byte and every error, so the descriptor tells all.</summary>
internal abstract partial class SocketStream : IPollTarget
{
    private PollWatches _watches;

    public sealed override IPollTarget PollTarget => this;

    public PollKind Kind => PollKind.Stream;

    public Readiness Held => Readiness.None;

    ref PollWatches IPollTarget.Watches => ref _watches;

    public abstract bool TryLease(out nint handle);

    public abstract void EndLease();

    protected sealed override void OnClosing() => _watches.Close();
}

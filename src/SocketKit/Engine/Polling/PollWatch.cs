namespace SocketKit.Engine.Polling;

/// <summary>One watcher of a channel. The channel calls it on whatever thread closes or fills it, and under no lock.</summary>
internal abstract class PollWatch
{
    /// <summary>The object that watches; a channel has at most one watch of each.</summary>
    public abstract object Owner { get; }

    /// <summary>
    /// The channel is being closed, and its descriptor is still open. Called once at most, and also just after a removal that came at the
    /// same time.
    /// </summary>
    public abstract void OnClosing();

    /// <summary><see cref="IPollTarget.Held"/> has changed from nothing.</summary>
    public abstract void OnHeld();
}

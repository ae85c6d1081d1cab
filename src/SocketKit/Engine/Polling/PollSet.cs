namespace SocketKit.Engine.Polling;

/// <summary>
/// Waits for many descriptors, level-triggered. One thread waits at a time, and any thread changes the set meanwhile; each change applies
/// to the wait that is under way. Dispose comes after the last <see cref="Wait"/>.
/// </summary>
internal abstract class PollSet : IDisposable
{
    /// <summary>
    /// Registers a descriptor, changes what it is registered for, or removes it. One thread at a time calls this. A removal never fails.
    /// </summary>
    /// <param name="target">The channel of the descriptor.</param>
    /// <param name="key">Names the registration: a slot below, and a number above it that no other use of this slot has.</param>
    /// <param name="before">What it is registered for; none: it is not registered.</param>
    /// <param name="now">What it is to be registered for; none: nothing any more.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The system refuses.</exception>
    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public abstract void Change(IPollTarget target, ulong key, Readiness before, Readiness now);

    /// <summary>
    /// Waits until a registration is ready, at most so many milliseconds; −1 waits without end. If more are ready than fit, the next wait
    /// begins with the others. It may also return 0 early, for instance after <see cref="Wake"/>.
    /// </summary>
    /// <exception cref="System.Net.Sockets.SocketException">The system refuses.</exception>
    public abstract int Wait(Span<PollEvent> events, int milliseconds);

    /// <summary>Ends the wait that is under way, or the next one. Does nothing once the set is disposed.</summary>
    public abstract void Wake();

    public abstract void Dispose();
}

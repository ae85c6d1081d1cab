using System.Net.Sockets;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine;

/// <summary>A listening socket. The rules at the top of SocketEngine.cs hold; accepts may run side by side in any number.</summary>
internal abstract class ListenerChannel : IDisposable
{
    /// <summary>The engine that accepts connections and moves their bytes.</summary>
    public abstract SocketEngine Engine { get; }

    /// <summary>For options and inspection; never for accepting.</summary>
    public abstract Socket Socket { get; }

    /// <summary>
    /// Called for each connection that was accepted, and is aborted because the listener was closed before a caller took it. Set before the
    /// first accept.
    /// </summary>
    public abstract Action? Discarded { get; set; }

    /// <summary>accept(2) with a deadline.</summary>
    public abstract AcceptResult Accept(TimeSpan timeout);

    /// <summary>accept(2) without blocking a thread.</summary>
    /// <param name="timeout">The deadline.</param>
    /// <param name="continuesInline">
    /// Whether the code that resumes is short, so that it may run on the engine's thread: the library's own, and what the application asks
    /// to be called between two accepts.
    /// </param>
    /// <param name="cancellationToken">Ends the wait; no connection is lost.</param>
    public abstract ValueTask<AcceptResult> AcceptAsync(TimeSpan timeout, bool continuesInline, CancellationToken cancellationToken);

    /// <summary>Whether an accept would not wait, within the time-out.</summary>
    public abstract bool WaitReadable(TimeSpan timeout);

    /// <summary>Waits until an accept would not wait; the connection stays for the next accept.</summary>
    public abstract IoTask WaitReadableAsync(CancellationToken cancellationToken);

    /// <summary>What a poller waits for; null: it cannot wait for this channel.</summary>
    public virtual IPollTarget? PollTarget => null;

    /// <summary>Another descriptor of the same listener. From now on closing the channel does not end the listener for it.</summary>
    public abstract SafeSocketHandle DuplicateHandle();

    public abstract void Dispose();
}

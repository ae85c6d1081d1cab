namespace SocketKit;

/// <summary>One socket that <see cref="SocketPoller.Wait"/> has found ready.</summary>
public readonly struct ReadySocket
{
    internal ReadySocket(SocketBase socket, Readiness readiness, object? state)
    {
        Socket = socket;
        Readiness = readiness;
        State = state;
    }

    /// <summary>The socket, as it was given to <see cref="SocketPoller.Add"/>. Another thread may have disposed it meanwhile.</summary>
    /// <value>Null only in a <c>default</c> value.</value>
    public SocketBase Socket { get; }

    /// <summary>What was found: what the socket is waited for, and a hang-up or an error also if it is not.</summary>
    public Readiness Readiness { get; }

    /// <summary>The object that was given with the socket.</summary>
    public object? State { get; }

    /// <summary>Whether a receive or an accept would not wait. A hang-up and an error count.</summary>
    /// <value>Another thread may have taken what was there, so that <c>TryReceive</c> or <c>TryAccept</c> then returns false.</value>
    public bool IsReadable => (Readiness & Readiness.Readable) != 0;

    /// <summary>Whether a send would not wait. The end of both directions and an error count.</summary>
    public bool IsWritable => (Readiness & Readiness.Writable) != 0;
}

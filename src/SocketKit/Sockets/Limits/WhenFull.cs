namespace SocketKit;

/// <summary>What a server does with further clients while it serves as many connections as its <c>MaxConnections</c> permits.</summary>
public enum WhenFull
{
    /// <summary>Each further client is accepted and reset at once, so that it need not wait for an answer.</summary>
    Reject,

    /// <summary>
    /// The server stops accepting until one of its connections ends. Further clients wait in the kernel's backlog, and once that is full,
    /// in their connects.
    /// </summary>
    Pause,
}

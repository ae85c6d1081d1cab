namespace SocketKit.Engine.Streams;

/// <summary>Whoever waits in a <see cref="FifoLock"/>. The lock alone uses the links.</summary>
internal interface ITurn
{
    ITurn? Before { get; set; }

    ITurn? Behind { get; set; }

    /// <summary>It has the lock (Success), or will never have it. Called once, under a lock: it runs no code of others.</summary>
    void OnTurn(ChannelStatus status);
}

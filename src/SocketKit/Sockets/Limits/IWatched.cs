namespace SocketKit.Sockets.Limits;

/// <summary>A served connection that is held to time limits.</summary>
internal interface IWatched
{
    /// <summary>Looks at the connection, and closes it if a limit has passed.</summary>
    void Look(TimeLimits limits);
}

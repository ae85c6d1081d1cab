namespace SocketKit.Sockets.Limits;

/// <summary>What a <see cref="Sweep"/> looks at, again and again.</summary>
internal interface ISwept
{
    /// <summary>The time between two looks.</summary>
    TimeSpan Interval { get; }

    /// <summary>
    /// Looks once, on a thread of the pool; one thread at a time. False: there is nothing left to look at. An exception counts as true.
    /// </summary>
    bool Look();
}

namespace SocketKit.Load;

/// <summary>The commands that measure one thing each, and the peers that they start as a process of its own.</summary>
internal static class Measures
{
    /// <returns>Whether everything was right.</returns>
    public static Task<bool> RunAsync(string what, string[] options, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(options);
        return what switch
        {
            "senders" => Task.FromResult(SendersMeasure.Run(arguments, cancellationToken)),
            "broadcast" => BroadcastMeasure.RunAsync(arguments, cancellationToken),
            "slow-readers" => SlowReadersMeasure.RunAsync(arguments, cancellationToken),
            "drip" => HeldMeasure.DripAsync(arguments, cancellationToken),
            "idle" => HeldMeasure.IdleAsync(arguments, cancellationToken),
            _ => throw new FormatException($"measure {what}: there are senders, broadcast, slow-readers, drip and idle."),
        };
    }

    /// <returns>Whether everything was right.</returns>
    public static bool RunPeers(string kind, string[] options, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(options);
        return kind switch
        {
            PeerProcess.Read => ReadingPeers.Run(arguments, cancellationToken),
            PeerProcess.Hold => HoldingPeers.Run(arguments, cancellationToken),
            _ => throw new FormatException($"peers {kind}: there are {PeerProcess.Read} and {PeerProcess.Hold}."),
        };
    }
}

namespace SocketKit.Peers;

/// <summary>The servers by the names that the command line knows.</summary>
internal static class PeerList
{
    public static SortedDictionary<string, Func<Peer>> All { get; } = new(StringComparer.Ordinal)
    {
        ["akka-streams"] = static () => new AkkaStreamsPeer(),
        ["dotnetty"] = static () => new DotNettyPeer(),
        ["dotnetty-udp"] = static () => new DotNettyUdpPeer(),
        ["kestrel"] = static () => new KestrelPeer(),
        ["netmq"] = static () => new NetMQPeer(),
        ["pipelines"] = static () => new PipelinesPeer(),
    };
}

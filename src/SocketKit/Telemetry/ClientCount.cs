using System.Diagnostics;

namespace SocketKit.Telemetry;

/// <summary>A connection that was counted as active when it opened, and so has to be taken off when it ends.</summary>
internal sealed class ClientCount
{
    private readonly TagList _tags;

    private ClientCount(in TagList tags) => _tags = tags;

    /// <summary>Counts a connection. Null if nobody listens: who comes later must not see a count below zero.</summary>
    public static ClientCount? Begin(in TagList tags)
    {
        if (!Instruments.ClientConnections.Enabled)
        {
            return null;
        }

        Measure.Add(Instruments.ClientConnections, 1, tags);
        return new ClientCount(tags);
    }

    /// <summary>Called once.</summary>
    public void End() => Measure.Add(Instruments.ClientConnections, -1, _tags);
}

using SocketKit.Engine;

namespace SocketKit.Telemetry;

/// <summary>An open connection of which only its owner knows.</summary>
/// <param name="transport">What carries its bytes.</param>
internal abstract class CountedStream(Transport transport) : WeakSet<CountedStream>.Node
{
    public Transport Transport => transport;

    public abstract StreamChannel Channel { get; }
}

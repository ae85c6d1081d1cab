using System.Net;
using SocketKit.Engine.Portable;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Base of the datagram tests: endpoints on free loopback ports.</summary>
public abstract class DatagramTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    protected UdpEndpointOptions UdpOptions => new() { Engine = Engine };

    protected static TimeSpan Moment => TimeSpan.FromMilliseconds(50);

    protected UdpEndpoint Bind(UdpEndpointOptions? options = null) =>
        UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), options ?? UdpOptions);

    /// <summary>An endpoint whose peer is the given one.</summary>
    protected UdpEndpoint ConnectedTo(UdpEndpoint peer) => UdpEndpoint.Connect("127.0.0.1", peer.Port, UdpOptions);

    /// <summary>Waits for datagrams in any shape of the call.</summary>
    protected static Task<int> Receive(UdpEndpoint endpoint, DatagramBatch batch, CallShape shape) => (shape switch
    {
        CallShape.Blocking => Limits.OnThread(() => endpoint.ReceiveBatch(batch)),
        CallShape.Try => Limits.OnThread(() =>
        {
            while (!endpoint.TryReceiveBatch(batch))
            {
                endpoint.WaitReadable(Limits.Hang);
            }

            return batch.Count;
        }),
        _ => endpoint.ReceiveBatchAsync(batch).AsTask(),
    }).Within();

    /// <summary>A loopback port that nobody has: it was bound a moment ago.</summary>
    protected IPEndPoint DeadEndPoint()
    {
        using UdpEndpoint gone = Bind();
        return gone.LocalEndPoint;
    }
}

/// <summary>The portable engine as it is where this library has no system calls of its own, on any system.</summary>
public sealed class PortableWithoutSystemCalls : EngineUnderTest
{
    private static readonly PortableEngine s_engine = new("portable engine, datagrams over System.Net.Sockets", ownDatagramCalls: false);

    public override SocketEngine Engine => s_engine;
}

using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

/// <summary>Base of the races: a server for the pairs, two threads at a barrier, and the check that no task's exception is lost.</summary>
public abstract class RaceTests<TEngine> : EngineTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
{
    private readonly UnobservedExceptions _unobserved = new();

    internal Race Race { get; } = new();

    public void Dispose()
    {
        Race.Dispose();
        _unobserved.ShouldBeNone();
        _unobserved.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A pair from a server that stays.</summary>
    protected TcpPairUnderTest ConnectPair(TcpServer server)
    {
        TcpClient client = Connect(server);
        return new TcpPairUnderTest(client, server.Accept());
    }

    /// <summary>What the other side sees at last: the bytes until the end, and −1 instead of a count if the end is a reset.</summary>
    protected static async Task<long> ReadToEndAsync(TcpConnection connection)
    {
        byte[] buffer = new byte[64 * 1024];
        long total = 0;
        try
        {
            int received;
            while ((received = await connection.ReceiveAsync(buffer).Within()) > 0)
            {
                total += received;
            }

            return total;
        }
        catch (System.Net.Sockets.SocketException exception) when (exception.IsDisconnect())
        {
            // A reset is one of the ends that races have.
            return -1;
        }
    }
}

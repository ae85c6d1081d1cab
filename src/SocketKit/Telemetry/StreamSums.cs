using System.Diagnostics.Metrics;

namespace SocketKit.Telemetry;

/// <summary>
/// Adds up the bytes of all streams. Connections count their bytes anyway, so nothing is done per operation: this reads the counts of those
/// that are open and adds what the ended ones had. The sums never decrease.
/// </summary>
internal sealed class StreamSums
{
    private readonly Lock _lock = new();
    private readonly WeakSet<CountedStream> _open = new();
    private readonly List<IByteSource> _servers = [];
    private readonly EndedBytes[] _ended = [new(), new()];
    private readonly ByteCount[] _told = new ByteCount[2];

    /// <summary>The sums of the process.</summary>
    public static StreamSums Default { get; } = new();

    /// <summary>The bytes by <see cref="Transport"/>.</summary>
    public ByteCount[] Read()
    {
        lock (_lock)
        {
            ByteCount[] sums = Array.ConvertAll(_ended, static ended => ended.Total);
            foreach (CountedStream stream in _open.All())
            {
                sums[(int)stream.Transport] += ByteCount.Of(stream.Channel);
            }

            foreach (IByteSource server in _servers)
            {
                sums[(int)server.Transport] += server.ReadBytes();
            }

            for (int i = 0; i < sums.Length; i++)
            {
                // A connection that changes its channel goes on with its counts from before, without what the change itself has moved.
                sums[i] = sums[i].AtLeast(_told[i]);
                _told[i] = sums[i];
            }

            return sums;
        }
    }

    /// <summary>A connection has opened that no server serves.</summary>
    public void Add(CountedStream stream)
    {
        lock (_lock)
        {
            _open.Add(stream);
        }
    }

    /// <summary>Such a connection is closed.</summary>
    public void Remove(CountedStream stream)
    {
        lock (_lock)
        {
            if (_open.Remove(stream))
            {
                _ended[(int)stream.Transport].Add(stream.Channel);
            }
        }
    }

    /// <summary>A server begins to serve. It is kept until it is removed.</summary>
    public void Add(IByteSource server)
    {
        lock (_lock)
        {
            _servers.Add(server);
        }
    }

    /// <summary>The server has stopped, and the last of its handlers has ended. It may be called again.</summary>
    public void Remove(IByteSource server)
    {
        lock (_lock)
        {
            if (_servers.Remove(server))
            {
                server.AddEndedTo(_ended[(int)server.Transport]);
            }
        }
    }

    public static IEnumerable<Measurement<long>> Observe()
    {
        var measurements = new List<Measurement<long>>();
        ByteCount[] sums = Default.Read();
        for (int i = 0; i < sums.Length; i++)
        {
            var transport = new KeyValuePair<string, object?>(AttributeNames.Transport, EndPointTags.NameOf((Transport)i));
            measurements.Add(Directions.Received(sums[i].Received, transport));
            measurements.Add(Directions.Sent(sums[i].Sent, transport));
        }

        return measurements;
    }
}

using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using SocketKit.Engine;
using SocketKit.Telemetry;

namespace SocketKit.Sockets;

/// <summary>
/// What has to happen once when a connection that no server serves has ended: its bytes move to those of the ended ones, and if it was
/// counted as a client's, it is so no longer. The finalizer does it for a connection that was never disposed and is no longer referenced.
/// It also closes the channel if the runtime does not: an engine references a channel while its descriptor is registered.
/// </summary>
internal sealed class OpenConnection : CountedStream
{
    private StreamChannel _channel;

    /// <summary>The attributes with which it was counted as a client's; null: it was not, so that nothing has to be taken off.</summary>
    private StrongBox<TagList>? _client;

    private int _hasEnded;

    public OpenConnection(StreamChannel channel, Transport transport)
        : base(transport)
    {
        _channel = channel;
        StreamSums.Default.Add(this);
    }

    ~OpenConnection()
    {
        if (_channel.NeedsGuard)
        {
            _channel.Dispose();
        }

        if (TryEnd() is { } client)
        {
            // Listeners are application code, which may block, so they do not run on the finalizer's thread.
            ThreadPool.UnsafeQueueUserWorkItem(TakeOff, client, preferLocal: false);
        }
    }

    public override StreamChannel Channel => Volatile.Read(ref _channel);

    /// <summary>The connection has changed its channel. The new one closes the channel that it wraps.</summary>
    public void Follow(StreamChannel channel) => Volatile.Write(ref _channel, channel);

    /// <summary>
    /// Counts the connection as one that this process has opened. Called before anybody else has the connection, and only while somebody
    /// listens: who comes later must not see a count below zero.
    /// </summary>
    public void CountAsClient(in TagList tags)
    {
        Measure.Add(Instruments.ClientConnections, 1, tags);
        _client = new StrongBox<TagList>(tags);
    }

    /// <summary>The channel has been closed, so the finalizer need not run.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "Nothing is disposed: there is only nothing left to guard.")]
    public void Release()
    {
        GC.SuppressFinalize(this);
        if (TryEnd() is { } client)
        {
            TakeOff(client);
        }
    }

    private static void TakeOff(StrongBox<TagList> client) => Measure.Add(Instruments.ClientConnections, -1, client.Value);

    /// <summary>Returns the count that has to be taken off, to one caller only.</summary>
    private StrongBox<TagList>? TryEnd()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
        {
            return null;
        }

        StreamSums.Default.Remove(this);
        return _client;
    }
}

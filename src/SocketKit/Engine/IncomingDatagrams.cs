using System.Net;

namespace SocketKit.Engine;

/// <summary>Where a receive puts what it gets: one datagram into a buffer, or many into a batch.</summary>
internal readonly ref struct IncomingDatagrams
{
    public IncomingDatagrams(Span<byte> buffer, SocketAddress from, bool peek)
    {
        Buffer = buffer;
        From = from;
        Peek = peek;
    }

    public IncomingDatagrams(DatagramBatch batch) => Batch = batch;

    public Span<byte> Buffer { get; }

    /// <summary>Receives the sender's address. Null with a batch.</summary>
    public SocketAddress? From { get; }

    public bool Peek { get; }

    /// <summary>The datagrams that came in one attempt that succeeded.</summary>
    public int CountOf(DatagramResult outcome) => Batch is null ? 1 : outcome.Outcome.Count;

    /// <summary>Those of them that are longer than their room.</summary>
    public int TruncatedOf(DatagramResult outcome) => Batch is { } batch ? batch.Truncated : outcome.IsTruncated ? 1 : 0;

    /// <summary>Receives all that is there. Null for one datagram.</summary>
    public DatagramBatch? Batch { get; }
}

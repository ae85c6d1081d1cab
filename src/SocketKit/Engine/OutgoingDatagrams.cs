namespace SocketKit.Engine;

/// <summary>What one attempt of a send has to send: one datagram, or what is left of a batch.</summary>
internal readonly ref struct OutgoingDatagrams
{
    public OutgoingDatagrams(ReadOnlySpan<byte> data, SendTarget target)
    {
        Data = data;
        Target = target;
    }

    public OutgoingDatagrams(DatagramBatch batch) => Batch = batch;

    public ReadOnlySpan<byte> Data { get; }

    /// <summary>The peer with a batch, whose datagrams have addresses of their own.</summary>
    public SendTarget Target { get; }

    /// <summary>Null for one datagram.</summary>
    public DatagramBatch? Batch { get; }

    /// <summary>
    /// The outcome of the call. Of a batch the count is that of the datagrams that went. If some went before one failed, the call has
    /// succeeded: the one that failed is now the first of the batch, and the next call meets its error again.
    /// </summary>
    public IoResult Ended(IoResult outcome) =>
        Batch is { } batch && (outcome.IsSuccess || (outcome.Status == ChannelStatus.Failed && batch.Gone > 0))
            ? new IoResult(batch.Gone)
            : outcome;

    /// <summary>The datagrams that went in one attempt.</summary>
    /// <param name="before">What <see cref="DatagramBatch.Gone"/> was before it.</param>
    /// <param name="outcome">The outcome of the attempt.</param>
    public int SentSince(int before, IoResult outcome) => Batch is { } batch ? batch.Gone - before : outcome.IsSuccess ? 1 : 0;
}

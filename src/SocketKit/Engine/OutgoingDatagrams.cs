namespace SocketKit.Engine;

/// <summary>What one attempt of a send has to send: one datagram, or what is left of a batch or of a run.</summary>
internal readonly ref struct OutgoingDatagrams
{
    private readonly ref SegmentRun _run;

    public OutgoingDatagrams(ReadOnlySpan<byte> data, SendTarget target)
    {
        Data = data;
        Target = target;
    }

    public OutgoingDatagrams(DatagramBatch batch) => Batch = batch;

    /// <param name="data">The whole run.</param>
    /// <param name="target">The receiver of all its datagrams.</param>
    /// <param name="run">How much of it went, which each attempt writes.</param>
    public OutgoingDatagrams(ReadOnlySpan<byte> data, SendTarget target, ref SegmentRun run)
    {
        Data = data;
        Target = target;
        _run = ref run;
        IsRun = true;
    }

    public ReadOnlySpan<byte> Data { get; }

    /// <summary>The peer with a batch, whose datagrams have addresses of their own.</summary>
    public SendTarget Target { get; }

    /// <summary>Null for one datagram, and for a run.</summary>
    public DatagramBatch? Batch { get; }

    /// <summary>Whether <see cref="Data"/> is a run of datagrams.</summary>
    public bool IsRun { get; }

    /// <summary>The progress of a run; only if it is one.</summary>
    public ref SegmentRun Run => ref _run;

    /// <summary>The datagrams of a batch or a run that went in earlier attempts.</summary>
    public int Gone => IsRun ? _run.Datagrams : Batch?.Gone ?? 0;

    /// <summary>
    /// The outcome of the call. Of a batch the count is that of the datagrams that went. If some went before one failed, the call has
    /// succeeded: the one that failed is now the first of the batch, and the next call meets its error again. The same holds for a run,
    /// whose count is that of bytes.
    /// </summary>
    public IoResult Ended(IoResult outcome) =>
        IsRun ? outcome.Status == ChannelStatus.WouldBlock ? outcome : _run.Ended(outcome)
        : Batch is { } batch && (outcome.IsSuccess || (outcome.Status == ChannelStatus.Failed && batch.Gone > 0))
            ? new IoResult(batch.Gone)
            : outcome;

    /// <summary>The datagrams that went in one attempt.</summary>
    /// <param name="before">What <see cref="Gone"/> was before it.</param>
    /// <param name="outcome">The outcome of the attempt.</param>
    public int SentSince(int before, IoResult outcome) => IsRun || Batch is not null ? Gone - before : outcome.IsSuccess ? 1 : 0;
}

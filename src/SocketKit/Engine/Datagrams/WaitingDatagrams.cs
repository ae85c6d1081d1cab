namespace SocketKit.Engine.Datagrams;

/// <summary>What a send that waits has to send: the same as <see cref="OutgoingDatagrams"/>, kept between attempts.</summary>
/// <param name="data">One datagram, or a run.</param>
/// <param name="target">Its receiver and source.</param>
/// <param name="batch">Datagrams in place of the data.</param>
/// <param name="run">How much of the data went, if it is a run.</param>
internal struct WaitingDatagrams(ReadOnlyMemory<byte> data, SendTarget target, DatagramBatch? batch = null, SegmentRun run = default)
{
    private readonly ReadOnlyMemory<byte> _data = data;
    private SegmentRun _run = run;

    /// <summary>One attempt. The caller's memory may throw.</summary>
    public IoResult Attempt(DatagramCore channel) => channel.AttemptSend(
        batch is not null ? new OutgoingDatagrams(batch)
        : _run.SegmentSize > 0 ? new OutgoingDatagrams(_data.Span, target, ref _run)
        : new OutgoingDatagrams(_data.Span, target));

    /// <summary>The outcome of the whole call. Of a run that went in part, the count is that of its bytes.</summary>
    public readonly IoResult Ended(IoResult outcome) => _run.SegmentSize > 0 ? _run.Ended(outcome) : outcome;

    /// <summary>The send has ended, and with it the use of the batch.</summary>
    public readonly void Leave() => batch?.Leave();
}

namespace SocketKit.Load;

/// <summary>What one connection has sent and got. Its owner counts, one thread at a time; the run reads meanwhile.</summary>
internal sealed class Tally
{
    private long _released;
    private long _answered;
    private long _abandoned;
    private long _askedInTime;
    private long _answeredInTime;

    /// <summary>Messages that have left, or may leave.</summary>
    public long Released => Volatile.Read(ref _released);

    public long Answered => Volatile.Read(ref _answered);

    /// <summary>Messages that no answer is expected for any more.</summary>
    public long Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>Messages that were released in the measurement.</summary>
    public long AskedInTime => Volatile.Read(ref _askedInTime);

    /// <summary>Answers that came in the measurement.</summary>
    public long AnsweredInTime => Volatile.Read(ref _answeredInTime);

    /// <summary>
    /// Messages under way. It never says fewer than there are, provided that the owner releases the next message before it counts the
    /// answer that makes it due.
    /// </summary>
    public long Outstanding
    {
        get
        {
            long done = Answered + Abandoned;
            return Released - done;
        }
    }

    public void Release(bool isMeasured)
    {
        Volatile.Write(ref _released, _released + 1);
        Volatile.Write(ref _askedInTime, _askedInTime + (isMeasured ? 1 : 0));
    }

    public void Answer(bool isMeasured)
    {
        Volatile.Write(ref _answered, _answered + 1);
        Volatile.Write(ref _answeredInTime, _answeredInTime + (isMeasured ? 1 : 0));
    }

    public void Abandon(long messages) => Volatile.Write(ref _abandoned, _abandoned + messages);
}

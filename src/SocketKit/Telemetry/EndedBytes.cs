using SocketKit.Engine;

namespace SocketKit.Telemetry;

/// <summary>
/// The bytes of connections that are closed. A call that was under way may count its bytes a moment after the close. Until it has returned,
/// the channel is kept here, so that no byte is lost. Its owner guards it by a lock.
/// </summary>
internal sealed class EndedBytes
{
    private readonly Queue<StreamChannel> _unsettled = new();
    private ByteCount _settled;

    public ByteCount Total
    {
        get
        {
            ByteCount total = _settled;
            foreach (StreamChannel channel in _unsettled)
            {
                total += ByteCount.Of(channel);
            }

            return total;
        }
    }

    /// <summary>The number of channels that are kept.</summary>
    public int Unsettled => _unsettled.Count;

    /// <summary>Adds a closed channel, and looks at two earlier ones, so that they are not kept for long.</summary>
    public void Add(StreamChannel closed)
    {
        Settle(closed);
        for (int looks = Math.Min(2, _unsettled.Count); looks > 0; looks--)
        {
            Settle(_unsettled.Dequeue());
        }
    }

    /// <summary>Adds all that another one has, which keeps it, too.</summary>
    public void Add(EndedBytes other)
    {
        _settled += other._settled;
        foreach (StreamChannel channel in other._unsettled)
        {
            Settle(channel);
        }
    }

    /// <summary>On a closed channel no call begins, so once none is under way its counts are final.</summary>
    private void Settle(StreamChannel closed)
    {
        if (closed.IsReceiving || closed.IsSending)
        {
            _unsettled.Enqueue(closed);
        }
        else
        {
            _settled += ByteCount.Of(closed);
        }
    }
}

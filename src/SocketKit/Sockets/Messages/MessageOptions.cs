using SocketKit.Framing;

namespace SocketKit;

/// <summary>
/// How messages are received and sent. One object serves any number of connections. Do not change it after it was given to one.
/// </summary>
public sealed class MessageOptions
{
    /// <summary>
    /// The longest message in bytes, received or sent, without what frames it. A framing of your own counts whole frames in both
    /// directions.
    /// </summary>
    /// <value>
    /// Null by default, for the framing's <see cref="MessageFraming.DefaultMaxMessageSize"/>: 1 MiB, 8 KiB for lines and delimiters, and
    /// the size itself for messages of one size. A longer one that arrives is a
    /// <see cref="FrameException"/>, before memory is taken for it; a longer one that is sent is an <see cref="ArgumentException"/>. What
    /// is passed on with something in front needs a larger value than what may arrive.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? MaxMessageSize
    {
        get;
        set
        {
            if (value is { } size)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(MaxMessageSize));
            }

            field = value;
        }
    }

    /// <summary>How long the peer may take for one message, from its first byte to its last.</summary>
    /// <value>
    /// Infinite by default. Only the time that a receive waits for the rest of the message counts. A peer that needs longer is cut:
    /// <see cref="CloseReason.SlowPeer"/>.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is neither positive nor infinite.</exception>
    public TimeSpan MessageTimeout
    {
        get;
        set => field = value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(MessageTimeout), value, "The time is positive, or Timeout.InfiniteTimeSpan.");
    }
    = Timeout.InfiniteTimeSpan;

    /// <summary>How many bytes per second the peer has to send on average while a receive waits for the rest of a message.</summary>
    /// <value>
    /// 240 by default, and 0 for no minimum. It is held from the fifth second of a message on. A peer that is slower is cut:
    /// <see cref="CloseReason.SlowPeer"/>. So is a person whose terminal sends a line key by key. The time between two messages does not
    /// count.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MinimumRate
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(MinimumRate));
            field = value;
        }
    }
    = 240;

    /// <summary>How many messages without a byte may follow each other.</summary>
    /// <value>1 000 by default. One more is a <see cref="FrameException"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxEmptyMessages
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(MaxEmptyMessages));
            field = value;
        }
    }
    = 1000;

    /// <summary>How many bytes <see cref="MessageChannel.TrySend"/> may have queued before it returns false.</summary>
    /// <value>4 MiB by default. The bytes that frame the messages count, too.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long SendQueueLimit
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(SendQueueLimit));
            field = value;
        }
    }
    = 4 * 1024 * 1024;

    /// <summary>Whether a receive between two messages gives null once the server begins to stop.</summary>
    /// <value>
    /// True by default. What has arrived by then is handed out first, and a message that has begun may end. It concerns connections that
    /// <c>ServeAsync</c> serves: see <see cref="StreamConnection.Stopping"/>. A receive with that token throws
    /// <see cref="OperationCanceledException"/> instead, and hands out nothing more.
    /// </value>
    public bool EndWhenStopping { get; set; } = true;
}

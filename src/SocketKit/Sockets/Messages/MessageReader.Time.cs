using System.Diagnostics;
using System.Globalization;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets.Messages;

/// <summary>
/// The limits of time: the connection's time-out for each call, and for a message that has begun its own time and the minimum rate. Only
/// the time in which a receive waits counts, because a caller that does not receive slows the peer down.
/// </summary>
internal sealed partial class MessageReader
{
    /// <summary>The minimum rate is held from here on (Kestrel's grace period).</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    /// <summary>An async call takes a zero time-out for none.</summary>
    private static readonly TimeSpan s_shortest = TimeSpan.FromTicks(1);

    /// <summary>How long receives have waited for the rest of the message that has begun, in ticks of the stopwatch.</summary>
    private long _spent;

    /// <summary>When the wait under way has begun; 0 if its time does not count.</summary>
    private long _waitingSince;

    /// <summary>The time-out of the wait under way is the peer's limit, and not that of the call.</summary>
    private bool _isSlowLimit;

    /// <summary>How long the next receive of bytes may wait, and notes when it begins.</summary>
    /// <param name="deadline">The end of the call.</param>
    /// <param name="timeout">The time-out of the call; with zero the receive makes one attempt.</param>
    private TimeSpan TimeLeft(Deadline deadline, TimeSpan timeout)
    {
        _isSlowLimit = false;
        _waitingSince = 0;
        TimeSpan left = timeout == TimeSpan.Zero ? timeout : AtLeastShortest(deadline.Remaining());
        if (_bytes.Length == 0 || timeout == TimeSpan.Zero || SlowLimit() is not { } limit)
        {
            return left;
        }

        _waitingSince = Stopwatch.GetTimestamp();
        TimeSpan slow = limit - Stopwatch.GetElapsedTime(0, _spent);
        slow = slow > s_shortest ? slow : s_shortest;
        _isSlowLimit = left == Timeout.InfiniteTimeSpan || slow < left;
        return _isSlowLimit ? slow : left;
    }

    private static TimeSpan AtLeastShortest(TimeSpan time) =>
        time < s_shortest && time != Timeout.InfiniteTimeSpan ? s_shortest : time;

    /// <summary>The wait under way has ended.</summary>
    private void NoteWaited()
    {
        if (_waitingSince != 0)
        {
            _spent += Stopwatch.GetTimestamp() - _waitingSince;
            _waitingSince = 0;
        }
    }

    /// <summary>How long receives may wait for the message of which these bytes have come; null: for ever.</summary>
    private TimeSpan? SlowLimit()
    {
        TimeSpan? byRate = null;
        MessageOptions options = _channel.Options;
        if (options.MinimumRate > 0)
        {
            var earned = TimeSpan.FromSeconds((double)_bytes.Length / options.MinimumRate);
            byRate = earned > s_grace ? earned : s_grace;
        }

        return options.MessageTimeout == Timeout.InfiniteTimeSpan ? byRate
            : byRate < options.MessageTimeout ? byRate
            : options.MessageTimeout;
    }

    private SocketTimeoutException TooSlow()
    {
        TimeSpan waited = Stopwatch.GetElapsedTime(0, _spent);
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"receive on {Connection.Describe('←')}: the peer was too slow, {_bytes.Length} bytes of a message in {Faults.Show(waited)}.");
        SocketTimeoutException fault = Faults.TooSlow(text, waited, Connection);
        Break(CloseReason.SlowPeer, fault);
        return fault;
    }
}

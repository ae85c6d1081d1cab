using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>
/// Looks again and again whether a stream has room to send while anybody waits for that. System.Net.Sockets reports room only to a send,
/// and a send of no bytes does not wait for it.
/// </summary>
internal sealed class WritablePolls
{
    private const int FirstPauseMilliseconds = 1;
    private const int LongestPauseMilliseconds = 32;

    private readonly PortableStream _channel;
    private readonly Timer _timer;
    private volatile int _pause;

    public WritablePolls(PortableStream channel)
    {
        _channel = channel;
        _timer = UnflowedTimer.Create(static state => ((WritablePolls)state!).Look(), this);
    }

    /// <summary>Called after the caller has joined those who wait, so that a look which ends at this moment does not miss it.</summary>
    public void Start() => Pause(FirstPauseMilliseconds);

    private void Look()
    {
        if (!_channel.TryEndWritableWaits())
        {
            Pause(Math.Min(2 * _pause, LongestPauseMilliseconds));
        }
    }

    private void Pause(int milliseconds)
    {
        _pause = milliseconds;
        _timer.Change(milliseconds, Timeout.Infinite);
    }
}

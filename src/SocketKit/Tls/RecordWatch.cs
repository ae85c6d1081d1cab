using SocketKit.Engine.Streams;

namespace SocketKit.Tls;

/// <summary>
/// Channels inside a record. One timer in the process looks at them each second, and runs only while there are any. So a record that comes
/// in parts costs nothing but its first part.
/// </summary>
internal static class RecordWatch
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly Lock s_lock = new();
    private static readonly List<TlsChannel> s_channels = [];
    private static Timer? s_timer;

    public static void Add(TlsChannel channel)
    {
        lock (s_lock)
        {
            s_channels.Add(channel);
            if (s_channels.Count == 1)
            {
                Arm();
            }
        }
    }

    private static void Look()
    {
        TlsChannel[] channels;
        lock (s_lock)
        {
            channels = [.. s_channels];
            s_channels.Clear();
        }

        List<TlsChannel> watched = [.. channels.Where(static channel => channel.LookAtRecord())];
        lock (s_lock)
        {
            s_channels.AddRange(watched);
            if (s_channels.Count > 0)
            {
                Arm();
            }
        }
    }

    private static void Arm()
    {
        s_timer ??= UnflowedTimer.Create(static _ => Look(), s_channels);
        s_timer.Change(s_interval, Timeout.InfiniteTimeSpan);
    }
}

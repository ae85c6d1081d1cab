namespace SocketKit;

/// <summary>
/// When the kernel probes a silent connection (SO_KEEPALIVE, RFC 9293 section 3.8.4). A dead peer is found after <paramref name="Idle"/> +
/// <paramref name="Interval"/> × <paramref name="Probes"/>.
/// </summary>
/// <param name="Idle">The silence before the first probe; whole seconds, at least 1. TCP_KEEPIDLE.</param>
/// <param name="Interval">The time between unanswered probes; whole seconds, at least 1. TCP_KEEPINTVL.</param>
/// <param name="Probes">
/// The number of unanswered probes after which the connection fails with <see cref="System.Net.Sockets.SocketError.TimedOut"/>.
/// TCP_KEEPCNT.
/// </param>
public readonly record struct TcpKeepAlive(TimeSpan Idle, TimeSpan Interval, int Probes)
{
    /// <summary>The first probe after 60 s, then every 10 s, 6 times: a dead peer is found within two minutes.</summary>
    public static TcpKeepAlive Default => new(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), 6);

    internal TimeSpan TimeToGiveUp => Idle + (Interval * Probes);

    internal void Validate(string name)
    {
        // The kernel's limits: tcp(7), MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
        const int MostSeconds = 32_767;
        const int MostProbes = 127;
        CheckSeconds(Idle, MostSeconds, name);
        CheckSeconds(Interval, MostSeconds, name);
        if (Probes is < 1 or > MostProbes)
        {
            throw new ArgumentOutOfRangeException(name, Probes, $"Keep-alive takes 1 to {MostProbes} probes.");
        }
    }

    private static void CheckSeconds(TimeSpan value, int most, string name)
    {
        if (value.TotalSeconds < 1 || value.TotalSeconds > most || value.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"Keep-alive times are whole seconds, 1 to {most}.");
        }
    }
}

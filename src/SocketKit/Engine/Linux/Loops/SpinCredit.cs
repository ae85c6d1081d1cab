namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Whether a loop polls for a short while before it sleeps. Waking a sleeping processor takes 20 to 50 µs, so with few connections a
/// successful spin halves the response time; an unsuccessful one wastes processor time. So success earns credit, and spins that find
/// nothing take at most a twentieth of the time. The option <see cref="BusyPoll"/> may also say always or never. Times are in ticks of
/// the monotonic clock.
/// </summary>
internal struct SpinCredit
{
    /// <summary>The length of an earned spin: a wake-up costs as much, and waiting longer gains nothing (measured).</summary>
    private const long EarnedMicroseconds = 30;

    private const int FirstCredit = 2;
    private const int MostCredit = 8;
    private const int CostOfMiss = 2;

    /// <summary>With more events at once than this, the loop is busy enough to find more without spinning.</summary>
    private const int MostEvents = 16;

    /// <summary>A spin would have caught the event of a sleep shorter than this many spins: waking up is most of such a sleep.</summary>
    private const int ShortSleep = 4;

    /// <summary>After this many unsuccessful probes in a row only one sleep in 2^10 is measured.</summary>
    private const int MostFailedProbes = 10;

    /// <summary>At most a twentieth of each window goes to spins that find nothing.</summary>
    private const int WindowsPerSecond = 10;
    private const int LossDivisor = 20;

    private readonly bool _isEarned;
    private readonly long _spin;
    private readonly long _window;
    private long _windowStart;
    private long _lost;
    private int _credit;
    private int _failedProbes;
    private int _sleepsToProbe;

    /// <summary>Spins where that has paid off.</summary>
    /// <param name="spin">How long one spin takes at most.</param>
    /// <param name="frequency">Ticks of the clock per second.</param>
    public SpinCredit(long spin, long frequency)
    {
        _isEarned = true;
        _spin = spin;
        _window = frequency / WindowsPerSecond;
        _credit = FirstCredit;
    }

    /// <summary>Spins always, or never if <paramref name="spin"/> is zero.</summary>
    private SpinCredit(long spin) => _spin = spin;

    /// <summary>How long one spin takes at most.</summary>
    public readonly long Spin => _spin;

    /// <param name="busyPoll">The option of the engine.</param>
    /// <param name="frequency">Ticks of the clock per second.</param>
    public static SpinCredit Of(BusyPoll busyPoll, long frequency) => busyPoll.Time is not { } time
        ? new(EarnedMicroseconds * frequency / 1_000_000, frequency)
        : new(time == TimeSpan.Zero ? 0 : Math.Max(1, time.Ticks * frequency / TimeSpan.TicksPerSecond));

    /// <summary>Whether to spin before the next sleep, after a wait that returned this many events.</summary>
    public readonly bool IsWorthwhile(int lastEvents) => _isEarned
        ? _credit >= CostOfMiss && lastEvents <= MostEvents && _lost < _window / LossDivisor
        : _spin > 0;

    /// <summary>A spin found an event.</summary>
    public void Hit()
    {
        _credit = Math.Min(_credit + 1, MostCredit);
        _failedProbes = 0;
    }

    /// <summary>A spin from <paramref name="start"/> to <paramref name="end"/> found nothing.</summary>
    public void Miss(long start, long end)
    {
        _credit -= CostOfMiss;
        Turn(end);
        _lost += end - start;
    }

    /// <summary>Whether to measure the next sleep, if no spin came before it.</summary>
    public bool ShouldProbe() => _isEarned && --_sleepsToProbe < 0;

    /// <summary>A measured sleep has ended.</summary>
    public void Slept(long start, long end)
    {
        Turn(end);
        if (end - start < ShortSleep * _spin)
        {
            _credit = Math.Min(_credit + 1, MostCredit);
            _failedProbes = 0;
        }
        else
        {
            _failedProbes = Math.Min(_failedProbes + 1, MostFailedProbes);
        }

        _sleepsToProbe = 1 << _failedProbes;
    }

    private void Turn(long now)
    {
        if (now - _windowStart >= _window)
        {
            _windowStart = now;
            _lost = 0;
        }
    }
}

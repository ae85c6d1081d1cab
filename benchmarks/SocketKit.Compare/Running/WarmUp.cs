using System.Diagnostics;

namespace SocketKit.Compare;

/// <summary>Decides when a server is warm: when what is watched has not changed any more for a while.</summary>
internal sealed class WarmUp
{
    /// <summary>Intervals that have to be alike.</summary>
    public const int Window = 4;

    /// <summary>By how much the highest rate of them may be above the lowest.</summary>
    public const double RateTolerance = 0.05;

    /// <summary>The same for processor time per message at a fixed rate, where the rate says nothing.</summary>
    public const double CpuTolerance = 0.10;

    private readonly Steadiness _steadiness;
    private readonly double _longest;
    private readonly Func<double?>? _clock;
    private readonly List<double> _watched = [];
    private double _lastTime;
    private double? _lastClock;

    /// <param name="longest">Seconds after which it ends anyway.</param>
    /// <param name="clock">At a fixed rate: the server's processor time.</param>
    public WarmUp(double longest, Func<double?>? clock)
    {
        _longest = longest;
        _clock = clock;
        _lastClock = clock?.Invoke();
        _steadiness = new Steadiness(Window, clock is null ? RateTolerance : CpuTolerance);
    }

    public IReadOnlyList<double> Watched => _watched;

    /// <summary>Seconds that it took.</summary>
    public double Seconds => _lastTime;

    public bool IsSteady => _steadiness.IsReached;

    public bool HasEnded { get; private set; }

    /// <summary>Takes the rate of one interval.</summary>
    /// <returns>Whether this one ended the warm-up.</returns>
    public bool Add(double at, double perSecond)
    {
        if (HasEnded)
        {
            return false;
        }

        double figure = _clock is null ? perSecond : CpuPerMessage(at, perSecond);
        _lastTime = at;
        _watched.Add(figure);
        _steadiness.Add(figure);
        return HasEnded = IsSteady || at >= _longest;
    }

    /// <summary>In microseconds.</summary>
    private double CpuPerMessage(double at, double perSecond)
    {
        double? now = _clock!();
        double used = (now - _lastClock) ?? 0;
        _lastClock = now;
        double messages = perSecond * (at - _lastTime);
        return messages > 0 ? used * 1e6 / messages : 0;
    }
}

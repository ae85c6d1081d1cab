using System.Globalization;

namespace SocketKit;

/// <summary>
/// How a connect that failed is tried again: in rounds, with a growing delay between them. Each round looks the name up anew, tries all its
/// addresses and takes at most the options' ConnectTimeout.
/// </summary>
/// <example>
/// <code>
/// var options = new TcpClientOptions { Retry = new RetryOptions { MaxAttempts = 10 } };
/// await using var client = await TcpClient.ConnectAsync("db.example", 5432, options, cancellationToken);
/// </code>
/// </example>
public sealed class RetryOptions
{
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);

    /// <summary>Timers and Thread.Sleep take an int of milliseconds.</summary>
    private static readonly TimeSpan s_most = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>The delay after the first failed round.</summary>
    /// <value>100 ms by default. From 1 ms to <see cref="MaxDelay"/>.</value>
    public TimeSpan FirstDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest delay, including <see cref="Jitter"/>.</summary>
    /// <value>30 s by default. At most 24 days.</value>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Each delay is the previous one times this factor, until <see cref="MaxDelay"/> is reached.</summary>
    /// <value>2 by default. At least 1, which keeps the delay constant.</value>
    public double Factor { get; set; } = 2;

    /// <summary>
    /// The part of each delay that is random, so that the clients of a server that restarts do not all come back at the same moment. A
    /// delay of 1 s with 0.2 is drawn from 0.8 s to 1.2 s, but never above <see cref="MaxDelay"/>.
    /// </summary>
    /// <value>0.2 by default. From 0, which switches it off, to 1.</value>
    public double Jitter { get; set; } = 0.2;

    /// <summary>The number of rounds, including the first one, after which the connect fails with the error of the last round.</summary>
    /// <value>
    /// Null by default: no limit. Then a blocking connect returns only when it has connected, and an asynchronous one when it has connected
    /// or its token fires.
    /// </value>
    public int? MaxAttempts { get; set; }

    /// <summary>
    /// How long a handler of <c>KeepConnectedAsync</c> must run on its connection so that the next delay is <see cref="FirstDelay"/> again.
    /// After a shorter run the delay goes on growing, as after a failed round. Connects do not use it.
    /// </summary>
    /// <value>10 s by default. Zero: every connection counts.</value>
    public TimeSpan HealthyAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Where <see cref="Jitter"/> comes from; one with a seed makes the delays the same in every run.</summary>
    /// <value>
    /// Null by default: <see cref="System.Random.Shared"/>. One number is drawn per delay. Options may be shared: the library locks the
    /// object while it draws. An exception that it throws comes out of the call.
    /// </value>
    public Random? Random { get; set; }

    /// <summary>The clock for delays and runs; tests replace it.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    internal RetryOptions Copy() => (RetryOptions)MemberwiseClone();

    internal void Validate()
    {
        Check(FirstDelay >= s_least, nameof(FirstDelay), FirstDelay, "At least 1 ms.");
        Check(MaxDelay <= s_most, nameof(MaxDelay), MaxDelay, "At most 24 days.");
        Check(MaxDelay >= FirstDelay, nameof(MaxDelay), MaxDelay, $"At least FirstDelay, which is {FirstDelay}.");
        Check(Factor >= 1 && double.IsFinite(Factor), nameof(Factor), Factor, "At least 1.");
        Check(Jitter is >= 0 and <= 1, nameof(Jitter), Jitter, "From 0 to 1.");
        Check(MaxAttempts is null or >= 1, nameof(MaxAttempts), MaxAttempts, "At least 1, or null.");
        Check(HealthyAfter >= TimeSpan.Zero, nameof(HealthyAfter), HealthyAfter, "At least zero.");
    }

    internal bool IsLast(int round) => round >= MaxAttempts;

    /// <summary>Names a round as part of a message: "round 3 of 5".</summary>
    internal string Show(int round) => MaxAttempts is { } most
        ? string.Create(CultureInfo.InvariantCulture, $"round {round} of {most}")
        : string.Create(CultureInfo.InvariantCulture, $"round {round}");

    private static void Check(bool isGood, string name, object? value, string rule)
    {
        if (!isGood)
        {
            throw new ArgumentOutOfRangeException(name, value, rule);
        }
    }
}

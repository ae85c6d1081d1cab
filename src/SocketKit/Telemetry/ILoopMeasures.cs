namespace SocketKit.Telemetry;

/// <summary>A loop of an engine.</summary>
internal interface ILoopMeasures
{
    /// <summary>How often another thread has taken it over from user code that did not return, or was about to block.</summary>
    long Takeovers { get; }

    /// <summary>
    /// The part of the time since the last look in which it did not wait for events; null if that is not known. One caller at a time.
    /// </summary>
    double? LookAtUtilization();
}

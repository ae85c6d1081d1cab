namespace SocketKit.Telemetry;

/// <summary>An engine with loops.</summary>
internal interface IEngineMeasures
{
    /// <summary>How many threads it has.</summary>
    int ThreadCount { get; }

    /// <summary>Its loops.</summary>
    IEnumerable<ILoopMeasures> Loops { get; }
}

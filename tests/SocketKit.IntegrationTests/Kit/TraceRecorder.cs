using System.Collections.Concurrent;
using System.Diagnostics;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Keeps the library's spans that have ended, from its creation on. As <see cref="MeterRecorder"/>, for tests that run alone.
/// </summary>
internal sealed class TraceRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();

    /// <param name="onStarted">Called when a span has started; it may throw.</param>
    /// <param name="onEnded">Called after an ended span was kept; it may throw.</param>
    public TraceRecorder(Action? onStarted = null, Action? onEnded = null)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == Instruments.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = _ => onStarted?.Invoke(),
            ActivityStopped = activity =>
            {
                _ended.Enqueue(activity);
                onEnded?.Invoke();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The ended spans of this name that have this attribute.</summary>
    public IReadOnlyList<Activity> Of(string name, string tag, object? value) =>
        [.. _ended.Where(activity => activity.OperationName == name && Equals(activity.GetTagItem(tag), value))];

    public void Dispose() => _listener.Dispose();
}

using System.Diagnostics;

namespace SocketKit.Telemetry;

/// <summary>Starts and ends activities. What listeners throw is swallowed, and leaves no wrong current activity behind.</summary>
internal static class Spans
{
    /// <summary>Whether it is worth gathering what a span shows.</summary>
    public static bool HaveListeners => Instruments.Source?.HasListeners() == true;

    /// <summary>Starts an activity and makes it the current one. Null if nobody wants it.</summary>
    public static Activity? Start(string name, ActivityKind kind, in TagList tags)
    {
        Activity? before = Activity.Current;
        try
        {
            return Instruments.Source?.StartActivity(name, kind, parentContext: default, tags);
        }
        catch (Exception)
        {
            // A listener threw. The activity may have become the current one already.
            Activity.Current = before;
            return null;
        }
    }

    /// <summary>Ends it. The current activity of the caller stays, unless it is this one.</summary>
    public static void End(Activity activity)
    {
        Activity? current = Activity.Current;
        try
        {
            activity.Stop();
        }
        catch (Exception)
        {
            // A listener threw. The activity has ended for everybody.
        }

        Activity.Current = current == activity ? activity.Parent : current;
    }

    /// <summary>Marks a span as failed.</summary>
    /// <param name="activity">The span.</param>
    /// <param name="errorType">The value of error.type; null if only an exception is known.</param>
    /// <param name="exception">What the application's code threw; null if that is not known.</param>
    public static void Fail(Activity activity, string? errorType, Exception? exception)
    {
        try
        {
            activity.SetTag(AttributeNames.ErrorType, errorType ?? exception?.GetType().FullName);
            activity.SetStatus(ActivityStatusCode.Error, exception?.Message);
            if (exception is not null)
            {
                activity.AddException(exception);
            }
        }
        catch (Exception)
        {
            // A listener threw out of ExceptionRecorder, or an exception out of its own message.
        }
    }
}

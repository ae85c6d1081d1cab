namespace SocketKit.Engine.Streams;

/// <summary>Makes timers that do not carry the creator's AsyncLocal values for the life of a connection.</summary>
internal static class UnflowedTimer
{
    public static Timer Create(TimerCallback callback, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return new Timer(callback, state, Timeout.Infinite, Timeout.Infinite);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return new Timer(callback, state, Timeout.Infinite, Timeout.Infinite);
        }
    }
}

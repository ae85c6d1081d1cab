using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>The calls of a connection that can wait.</summary>
public enum PendingCall
{
    Receive,
    ReceiveWithDeadline,
    ReceiveAsync,
    ReceiveAsyncWithDeadline,
    ReceiveExactly,
    ReceiveExactlyAsync,
    Peek,
    PeekAsync,
    EmptyReceiveAsync,
    WaitReadable,
    WaitReadableAsync,
    Send,
    SendWithDeadline,
    SendAsync,
    SendAsyncWithDeadline,
    GatheredSendAsync,
    QueuedSendAsync,
    QueuedSend,
    PairSend,
    PairSendAsync,
    WaitWritable,
    WaitWritableAsync,
    ReceiveWithin,
    ReceiveWithinAsync,
    TryReceiveExactly,
    TryReceiveExactlyAsync,
}

/// <summary>Starts a call on a connection whose peer neither sends nor reads, so that it waits.</summary>
public static class PendingCalls
{
    public static TheoryData<PendingCall, bool> WithDisposeAndAbort
    {
        get
        {
            var cases = new TheoryData<PendingCall, bool>();
            foreach (PendingCall call in Enum.GetValues<PendingCall>())
            {
                cases.Add(call, false);
                cases.Add(call, true);
            }

            return cases;
        }
    }

    public static Task Start(PendingCall call, TcpConnection connection)
    {
        byte[] buffer = new byte[8];
        byte[] large = call is >= PendingCall.Send and < PendingCall.WaitWritable ? Payload.Of(Payload.MoreThanKernelTakes) : [];
        connection.Timeout = call is PendingCall.ReceiveWithDeadline or PendingCall.ReceiveAsyncWithDeadline
            or PendingCall.SendWithDeadline or PendingCall.SendAsyncWithDeadline
            ? Limits.Hang
            : Timeout.InfiniteTimeSpan;
        switch (call)
        {
            case PendingCall.Receive or PendingCall.ReceiveWithDeadline:
                return Limits.OnThread(() => connection.Receive(buffer));
            case PendingCall.ReceiveAsync or PendingCall.ReceiveAsyncWithDeadline:
                return connection.ReceiveAsync(buffer).AsTask();
            case PendingCall.ReceiveExactly:
                return Limits.OnThread(() => connection.ReceiveExactly(buffer));
            case PendingCall.ReceiveExactlyAsync:
                return connection.ReceiveExactlyAsync(buffer).AsTask();
            case PendingCall.Peek:
                return Limits.OnThread(() => connection.Peek(buffer));
            case PendingCall.PeekAsync:
                return connection.PeekAsync(buffer).AsTask();
            case PendingCall.EmptyReceiveAsync:
                return connection.ReceiveAsync(Memory<byte>.Empty).AsTask();
            case PendingCall.WaitReadable:
                return Limits.OnThread(() => connection.WaitReadable(Limits.Hang));
            case PendingCall.WaitReadableAsync:
                return connection.WaitReadableAsync().AsTask();
            case PendingCall.Send or PendingCall.SendWithDeadline:
                return Limits.OnThread(() => connection.Send(large));
            case PendingCall.SendAsync or PendingCall.SendAsyncWithDeadline:
                return connection.SendAsync(large).AsTask();
            case PendingCall.GatheredSendAsync:
                return connection.SendAsync(Segments.Cut(large, 1024 * 1024)).AsTask();
            case PendingCall.QueuedSendAsync:
                Ignore(connection.SendAsync(large).AsTask());
                return connection.SendAsync(buffer).AsTask();
            case PendingCall.QueuedSend:
                Ignore(connection.SendAsync(large).AsTask());
                return Limits.OnThread(() => connection.Send(buffer));
            case PendingCall.PairSend:
                return Limits.OnThread(() => connection.Send(buffer, large));
            case PendingCall.PairSendAsync:
                return connection.SendAsync(buffer, large).AsTask();
            case PendingCall.ReceiveWithin:
                return Limits.OnThread(() => connection.Receive(buffer, Limits.Hang));
            case PendingCall.ReceiveWithinAsync:
                return connection.ReceiveAsync(buffer, Limits.Hang).AsTask();
            case PendingCall.TryReceiveExactly:
                return Limits.OnThread(() => connection.TryReceiveExactly(buffer));
            case PendingCall.TryReceiveExactlyAsync:
                return connection.TryReceiveExactlyAsync(buffer).AsTask();
            case PendingCall.WaitWritable:
                TcpFill.Up(connection);
                return Limits.OnThread(() => connection.WaitWritable(Limits.Hang));
            default:
                TcpFill.Up(connection);
                return connection.WaitWritableAsync().AsTask();
        }
    }

    /// <summary>Looks at the exception of the call, which another test would take for a lost one.</summary>
    private static void Ignore(Task ahead) =>
        _ = ahead.ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
}

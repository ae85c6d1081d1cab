using SocketKit;
using SocketKit.Framing;

/// <summary>Answers each call as soon as its answer is there, so a slow one holds up no other.</summary>
/// <param name="answer">What the server can do. What it throws goes back to the caller.</param>
internal sealed class RpcServer(Func<string, CancellationToken, Task<string>> answer)
{
    /// <summary>So many calls of one client are worked on at once. Its further ones wait in the kernel, which slows it down.</summary>
    private const int MostAtOnce = 1_000;

    /// <summary>The handler of one connection.</summary>
    public async Task HandleAsync(TcpConnection connection, CancellationToken ending)
    {
        MessageChannel messages = connection.GetMessages(MessageFraming.LengthPrefix());
        var running = new List<Task>();
        while (await messages.ReceiveAsync(ending) is { } message)
        {
            running.Add(AnswerAsync(messages, Call.Unpack(message), ending));
            if (running.Count >= MostAtOnce)
            {
                await Task.WhenAny(running);
                running.RemoveAll(static task => task.IsCompleted);
            }
        }

        // The client has finished, or the server stops. What was asked before that is answered first.
        await Task.WhenAll(running);
    }

    private async Task AnswerAsync(MessageChannel messages, Call call, CancellationToken ending)
    {
        try
        {
            call = call with { Text = await answer(call.Text, ending) };
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            call = call with { Text = exception.Message, HasFailed = true };
        }

        try
        {
            // Waits while the client does not read. Answers that are ready meanwhile leave together, in the next call to the kernel.
            await messages.SendAsync(call.Pack(), ending);
        }
        catch (Exception exception) when (exception is SocketOperationException or ObjectDisposedException)
        {
            // The client has gone, which the handler notices as well.
        }
    }
}

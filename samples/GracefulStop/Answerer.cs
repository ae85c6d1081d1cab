using System.Text;
using SocketKit;

/// <summary>Answers each line in capitals, after some time. The line "hang" is never answered, as if the server had a fault.</summary>
/// <param name="workTime">How long an answer takes.</param>
/// <param name="say">Prints a line.</param>
internal sealed class Answerer(TimeSpan workTime, Action<string> say)
{
    /// <summary>Released when the first bytes of a request have come.</summary>
    public SemaphoreSlim Begun { get; } = new(0);

    /// <summary>The handler of one connection. It is closed when this returns, and aborted when this throws.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="cancellationToken">Fires when the drain is over, so it ends also a request that has begun.</param>
    public async Task HandleAsync(TcpConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1024];
        int length = 0;
        while (true)
        {
            int end = buffer.AsSpan(0, length).IndexOf((byte)'\n');
            if (end >= 0)
            {
                await AnswerAsync(connection, Encoding.UTF8.GetString(buffer, 0, end), cancellationToken);

                // What follows the line is the beginning of the next request.
                length -= end + 1;
                buffer.AsSpan(end + 1, length).CopyTo(buffer);
                continue;
            }

            if (length == buffer.Length)
            {
                throw new InvalidDataException($"a line of more than {length} bytes");
            }

            // Between two requests the wait ends when the stop begins. Inside one it ends when the drain is over. Either way it throws
            // OperationCanceledException, which may leave the handler: while the server stops, it means a close with FIN.
            bool isBetween = length == 0;
            int received = await connection.ReceiveAsync(
                buffer.AsMemory(length), isBetween ? connection.Stopping : cancellationToken);
            if (received == 0)
            {
                return;
            }

            length += received;
            if (isBetween)
            {
                Begun.Release();
            }
        }
    }

    private async Task AnswerAsync(TcpConnection connection, string request, CancellationToken cancellationToken)
    {
        say($"[server] works on '{request}'");
        if (request == "hang")
        {
            // Code that waits without a token. Only the abort of its connection ends what its client waits for.
            await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
        }

        await Task.Delay(workTime, cancellationToken);
        await connection.SendAsync(request.ToUpperInvariant() + "\n", cancellationToken);
    }
}

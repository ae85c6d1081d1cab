using System.Collections.Concurrent;
using SocketKit;
using SocketKit.Framing;

/// <summary>Calls a server, any number of times at once. When the server was away, it is connected again by itself.</summary>
internal sealed class RpcClient : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource<string>> _calls = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _staysConnected;
    private volatile TaskCompletionSource<MessageChannel> _connected = NewSource<MessageChannel>();
    private long _lastId;

    public RpcClient(string host, int port, TcpClientOptions? options = null) =>
        _staysConnected = TcpClient.KeepConnectedAsync(host, port, HandleAsync, options, _stop.Token);

    /// <summary>Calls the server. While it is away, the call waits for it.</summary>
    /// <exception cref="TimeoutException">There was no answer in time. The connection and all other calls go on.</exception>
    /// <exception cref="IOException">The connection was lost, or the server does not read. It may have done what was asked.</exception>
    /// <exception cref="InvalidOperationException">The server answered with an error.</exception>
    public async Task<string> CallAsync(string question, TimeSpan timeout)
    {
        long id = Interlocked.Increment(ref _lastId);
        TaskCompletionSource<string> answer = NewSource<string>();
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            MessageChannel messages = await _connected.Task.WaitAsync(limit.Token);
            _calls[id] = answer;

            // Only copies the message, so that those of many calls leave in one call to the kernel.
            return messages.TrySend(new Call(id, question).Pack())
                ? await answer.Task.WaitAsync(limit.Token)
                : throw new IOException("The server does not read.");
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"'{question}' was not answered within {timeout.TotalMilliseconds:0} ms.");
        }
        catch (Exception exception) when (exception is SocketOperationException or ObjectDisposedException)
        {
            throw new IOException("The connection was lost before the call went.", exception);
        }
        finally
        {
            // An answer that comes later finds nobody, and is dropped.
            _calls.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _staysConnected;
        _connected.TrySetCanceled();
        _stop.Dispose();
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs once per connection, and again on the next one.</summary>
    private async Task HandleAsync(TcpClient client, CancellationToken ending)
    {
        MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());
        _connected.TrySetResult(messages);
        try
        {
            while (await messages.ReceiveAsync(ending) is { } message)
            {
                Call answer = Call.Unpack(message);
                if (_calls.TryGetValue(answer.Id, out TaskCompletionSource<string>? call))
                {
                    _ = answer.HasFailed
                        ? call.TrySetException(new InvalidOperationException(answer.Text))
                        : call.TrySetResult(answer.Text);
                }
            }
        }
        finally
        {
            // From now on calls wait for the next connection. Those that have this one already fail to send, because it is closed first.
            _connected = NewSource<MessageChannel>();
            CloseReason reason = client.CloseReason;
            await client.DisposeAsync();
            foreach (TaskCompletionSource<string> call in _calls.Values)
            {
                call.TrySetException(new IOException($"The connection was lost before the answer came ({reason})."));
            }
        }
    }
}

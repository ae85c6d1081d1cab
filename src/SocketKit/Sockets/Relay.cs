using System.Buffers;
using System.Runtime.ExceptionServices;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Sockets;

/// <summary>Moves the bytes of two connections between them, one task per direction. The first failure ends both.</summary>
internal sealed class Relay : IDisposable
{
    private const int BufferBytes = 32 * 1024;

    private readonly StreamConnection _a;
    private readonly StreamConnection _b;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenSource _stop;
    private ExceptionDispatchInfo? _failure;

    private Relay(StreamConnection a, StreamConnection b, CancellationToken cancellationToken)
    {
        _a = a;
        _b = b;
        _cancellationToken = cancellationToken;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    public static async Task<(long FromA, long FromB)> RunAsync(StreamConnection a, StreamConnection b, CancellationToken cancellationToken)
    {
        using var relay = new Relay(a, b, cancellationToken);
        return await relay.PumpBothAsync().ConfigureAwait(false);
    }

    public void Dispose() => _stop.Dispose();

    private async Task<(long FromA, long FromB)> PumpBothAsync()
    {
        Task<long> fromA = PumpAsync(_a, _b);
        Task<long> fromB = PumpAsync(_b, _a);
        await ((Task)Task.WhenAll(fromA, fromB)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_cancellationToken.IsCancellationRequested && _failure?.SourceException is OperationCanceledException canceled)
        {
            // The calls were given the token that ends both directions; the caller knows only its own.
            throw new OperationCanceledException(canceled.Message, _cancellationToken);
        }

        _failure?.Throw();
        return (await fromA.ConfigureAwait(false), await fromB.ConfigureAwait(false));
    }

    private async Task<long> PumpAsync(StreamConnection from, StreamConnection to)
    {
        // Without this a direction whose data never runs out would keep the other one from beginning.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        long total = 0;
        StreamConnection active = from;
        try
        {
            int received;
            while ((received = await from.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false)) > 0)
            {
                active = to;
                await to.SendAsync(buffer.AsMemory(0, received), _stop.Token).ConfigureAwait(false);
                total += received;
                active = from;
            }

            active = to;
            to.ShutdownSend();
            return total;
        }
        catch (Exception exception)
        {
            // The other direction ends because of this failure, so its own exception does not count.
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            if (exception is SocketException && exception.IsDisconnect())
            {
                (active == from ? to : from).Abort();
            }

            await _stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

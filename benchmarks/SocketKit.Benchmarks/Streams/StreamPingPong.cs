using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Streams;

/// <summary>One message there and back, one at a time; the peer blocks in a raw socket on its own thread.</summary>
public abstract class StreamPingPong(Func<Transport> transport) : EngineBenchmark
{
    private const int RoundTrips = 100;
    private const int MessageBytes = 32;

    /// <summary>Armed for every call, and never reached.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly byte[] _message = new byte[MessageBytes];
    private readonly byte[] _echo = new byte[MessageBytes];

    // One of each for every shape: after one asynchronous call a raw socket is not the same any more.
    private StreamPairs _pairs = null!;
    private Socket _raw = null!;
    private Socket _rawNonBlocking = null!;
    private Socket _rawAsync = null!;
    private StreamConnection _kit = null!;
    private StreamConnection _kitDeadline = null!;
    private StreamConnection _kitTry = null!;
    private StreamConnection _kitAsync = null!;
    private StreamConnection _kitAsyncDeadline = null!;

    [GlobalSetup]
    public void Connect()
    {
        _pairs = StreamPairs.Echoing(transport(), ChosenEngine);
        _raw = _pairs.Raw();
        _rawNonBlocking = _pairs.Raw(blocking: false);
        _rawAsync = _pairs.Raw();
        _kit = _pairs.Kit();
        _kitDeadline = _pairs.Kit(s_deadline);
        _kitTry = _pairs.Kit();
        _kitAsync = _pairs.Kit();
        _kitAsyncDeadline = _pairs.Kit(s_deadline);
    }

    [GlobalCleanup]
    public void Close() => _pairs.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("sync")]
    public void Sync_Socket()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _raw.Send(_message);
            for (int received = 0; received < MessageBytes;)
            {
                received += Check(_raw.Receive(_echo.AsSpan(received)));
            }
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("sync")]
    public void Sync_SocketKit() => Exchange(_kit);

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("sync")]
    public void Sync_SocketKit_deadline() => Exchange(_kitDeadline);

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("try")]
    public void Try_Socket()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _rawNonBlocking.Send(_message);
            for (int received = 0; received < MessageBytes;)
            {
                int count = _rawNonBlocking.Receive(_echo.AsSpan(received), SocketFlags.None, out SocketError error);
                received += error == SocketError.WouldBlock ? 0 : Check(count);
            }
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("try")]
    public void Try_SocketKit()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _kitTry.TrySend(_message, out _);
            for (int received = 0; received < MessageBytes;)
            {
                received += _kitTry.TryReceive(_echo.AsSpan(received), out int count) ? Check(count) : 0;
            }
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("async")]
    public async Task Async_Socket()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            await _rawAsync.SendAsync(_message.AsMemory(), SocketFlags.None);
            for (int received = 0; received < MessageBytes;)
            {
                received += Check(await _rawAsync.ReceiveAsync(_echo.AsMemory(received), SocketFlags.None));
            }
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("async")]
    public Task Async_SocketKit() => ExchangeAsync(_kitAsync);

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("async")]
    public Task Async_SocketKit_deadline() => ExchangeAsync(_kitAsyncDeadline);

    private static int Check(int received) => received > 0 ? received : throw new InvalidDataException("The peer has gone.");

    private void Exchange(StreamConnection connection)
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            connection.Send(_message);
            for (int received = 0; received < MessageBytes;)
            {
                received += Check(connection.Receive(_echo.AsSpan(received)));
            }
        }
    }

    private async Task ExchangeAsync(StreamConnection connection)
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            await connection.SendAsync(_message);
            for (int received = 0; received < MessageBytes;)
            {
                received += Check(await connection.ReceiveAsync(_echo.AsMemory(received)));
            }
        }
    }
}

using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Datagrams;

/// <summary>One datagram there and back, one at a time; the peer blocks in a raw socket on its own thread.</summary>
[BenchmarkCategory("hot")]
public class UdpPingPong : EngineBenchmark
{
    private const int RoundTrips = 100;
    private const int Bytes = 64;

    private readonly byte[] _datagram = new byte[Bytes];
    private readonly byte[] _echo = new byte[2048];
    private DatagramEcho _peer = null!;
    private Socket _raw = null!;
    private Socket _rawNonBlocking = null!;
    private Socket _rawAsync = null!;
    private UdpEndpoint _kit = null!;
    private UdpEndpoint _kitTry = null!;
    private UdpEndpoint _kitAsync = null!;

    [GlobalSetup]
    public void Connect()
    {
        _peer = StartPeer();
        _raw = DatagramSockets.Connect(_peer.EndPoint);
        _rawNonBlocking = DatagramSockets.Connect(_peer.EndPoint);
        _rawNonBlocking.Blocking = false;
        _rawAsync = DatagramSockets.Connect(_peer.EndPoint);
        _kit = DatagramSockets.ConnectKit(_peer.EndPoint, ChosenEngine);
        _kitTry = DatagramSockets.ConnectKit(_peer.EndPoint, ChosenEngine);
        _kitAsync = DatagramSockets.ConnectKit(_peer.EndPoint, ChosenEngine);
    }

    [GlobalCleanup]
    public void Close()
    {
        foreach (IDisposable one in (IDisposable[])[_raw, _rawNonBlocking, _rawAsync, _kit, _kitTry, _kitAsync, _peer])
        {
            one.Dispose();
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("sync")]
    public void Sync_Socket()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _raw.Send(_datagram);
            _raw.Receive(_echo);
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("sync")]
    public void Sync_SocketKit()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _kit.Send(_datagram);
            _kit.Receive(_echo);
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("try")]
    public void Try_Socket()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _rawNonBlocking.Send(_datagram);
            SocketError error;
            do
            {
                _rawNonBlocking.Receive(_echo, SocketFlags.None, out error);
            }
            while (error == SocketError.WouldBlock);
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("try")]
    public void Try_SocketKit()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _kitTry.TrySend(_datagram, out _);
            while (!_kitTry.TryReceive(_echo, out _))
            {
                // Not back yet.
            }
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("async")]
    public async Task Async_Socket()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            await _rawAsync.SendAsync(_datagram.AsMemory(), SocketFlags.None);
            await _rawAsync.ReceiveAsync(_echo.AsMemory(), SocketFlags.None);
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("async")]
    public async Task Async_SocketKit()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            await _kitAsync.SendAsync(_datagram);
            await _kitAsync.ReceiveAsync(_echo);
        }
    }

    private static DatagramEcho StartPeer() => new();
}

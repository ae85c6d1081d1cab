using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Datagrams;

/// <summary>
/// Unconnected datagrams with <see cref="SocketAddress"/>. "send" goes to a socket whose queue is full, so that only sending is measured;
/// "send and receive" goes to the sender itself, so that the datagram is there when it is asked for.
/// </summary>
[BenchmarkCategory("hot")]
public class UdpSendReceive : EngineBenchmark
{
    private const int Datagrams = 256;
    private const int Bytes = 64;

    private readonly byte[] _datagram = new byte[Bytes];
    private readonly byte[] _buffer = new byte[2048];
    private readonly SocketAddress _from = new(AddressFamily.InterNetwork);
    private Socket _full = null!;
    private Socket _raw = null!;
    private Socket _rawAsync = null!;
    private UdpEndpoint _kit = null!;
    private UdpEndpoint _kitAsync = null!;
    private SocketAddress _toFull = null!;
    private SocketAddress _toRaw = null!;
    private SocketAddress _toRawAsync = null!;
    private SocketAddress _toKit = null!;
    private SocketAddress _toKitAsync = null!;

    [GlobalSetup]
    public void Bind()
    {
        _full = DatagramSockets.Bind();
        _raw = DatagramSockets.Bind();
        _rawAsync = DatagramSockets.Bind();
        _kit = DatagramSockets.BindKit(ChosenEngine);
        _kitAsync = DatagramSockets.BindKit(ChosenEngine);
        _toFull = _full.LocalEndPoint!.Serialize();
        _toRaw = _raw.LocalEndPoint!.Serialize();
        _toRawAsync = _rawAsync.LocalEndPoint!.Serialize();
        _toKit = _kit.LocalEndPoint.Serialize();
        _toKitAsync = _kitAsync.LocalEndPoint.Serialize();
    }

    [GlobalCleanup]
    public void Close()
    {
        foreach (IDisposable one in (IDisposable[])[_full, _raw, _rawAsync, _kit, _kitAsync])
        {
            one.Dispose();
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send")]
    public void Send_Socket()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            _raw.SendTo(_datagram, SocketFlags.None, _toFull);
        }
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send")]
    public void Send_SocketKit()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            _kit.SendTo(_datagram, _toFull);
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive")]
    public void Both_Socket()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            _raw.SendTo(_datagram, SocketFlags.None, _toRaw);
            _raw.ReceiveFrom(_buffer, SocketFlags.None, _from);
        }
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive")]
    public void Both_SocketKit()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            _kit.SendTo(_datagram, _toKit);
            _kit.ReceiveFrom(_buffer, _from);
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive, async")]
    public async Task BothAsync_Socket()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            await _rawAsync.SendToAsync(_datagram.AsMemory(), SocketFlags.None, _toRawAsync);
            await _rawAsync.ReceiveFromAsync(_buffer.AsMemory(), SocketFlags.None, _from);
        }
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive, async")]
    public async Task BothAsync_SocketKit()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            await _kitAsync.SendToAsync(_datagram, _toKitAsync);
            await _kitAsync.ReceiveFromAsync(_buffer, _from);
        }
    }
}

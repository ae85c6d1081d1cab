using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Streams;

/// <summary>A connection comes, is accepted and goes. The client is raw and leaves with RST, so that no port stays in TIME_WAIT.</summary>
public class TcpAccept : EngineBenchmark
{
    private static readonly LingerOption s_reset = new(true, 0);

    private Socket _raw = null!;
    private Socket _rawAsync = null!;
    private TcpServer _kit = null!;
    private TcpServer _kitAsync = null!;

    [GlobalSetup]
    public void Listen()
    {
        using var transport = new TcpTransport();
        _raw = transport.Listen();
        _rawAsync = transport.Listen();
        var options = new TcpServerOptions { Engine = ChosenEngine };
        _kit = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), options);
        _kitAsync = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), options);
    }

    [GlobalCleanup]
    public void Close()
    {
        _raw.Dispose();
        _rawAsync.Dispose();
        _kit.Dispose();
        _kitAsync.Dispose();
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("sync")]
    public void Sync_Socket()
    {
        using Socket client = Connect(_raw.LocalEndPoint);
        using Socket accepted = _raw.Accept();
        client.Dispose();
    }

    [Benchmark]
    [BenchmarkCategory("sync")]
    public void Sync_SocketKit()
    {
        using Socket client = Connect(_kit.LocalEndPoint);
        using TcpConnection accepted = _kit.Accept();
        client.Dispose();
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("async")]
    public async Task Async_Socket()
    {
        Task<Socket> accepting = _rawAsync.AcceptAsync();
        using Socket client = Connect(_rawAsync.LocalEndPoint);
        using Socket accepted = await accepting;
        client.Dispose();
    }

    [Benchmark]
    [BenchmarkCategory("async")]
    public async Task Async_SocketKit()
    {
        ValueTask<TcpConnection> accepting = _kitAsync.AcceptAsync();
        using Socket client = Connect(_kitAsync.LocalEndPoint);
        using TcpConnection accepted = await accepting;
        client.Dispose();
    }

    private static Socket Connect(EndPoint? server)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = s_reset };
        client.Connect(server!);
        return client;
    }
}

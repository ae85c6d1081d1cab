using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Datagrams;

/// <summary>
/// Many datagrams at once. "send" goes to a plain socket whose queue is full, so that only sending is measured; "send and receive" takes
/// what was sent from a queue that has room for it.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Disposed by the global clean-up.")]
public class UdpBatches : EngineBenchmark
{
    private const int Datagrams = 32;
    private const int MostBytes = 2048;

    private readonly byte[] _buffer = new byte[MostBytes];
    private readonly SocketAddress _from = new(AddressFamily.InterNetwork);
    private DatagramBatch _out = null!;
    private DatagramBatch _in = null!;
    private byte[] _run = [];
    private Socket _full = null!;
    private Socket _raw = null!;
    private UdpEndpoint _plain = null!;
    private UdpEndpoint _offloading = null!;
    private SocketAddress _toFull = null!;
    private SocketAddress _toRaw = null!;
    private SocketAddress _toPlain = null!;
    private SocketAddress _toOffloading = null!;

    [Params(64, 1200)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Bind()
    {
        _run = new byte[Datagrams * Bytes];
        _out = new DatagramBatch(Datagrams, MostBytes);
        _in = new DatagramBatch(Datagrams, MostBytes);
        _full = DatagramSockets.Bind();
        _raw = DatagramSockets.Bind();
        _plain = Bind(UdpOffload.Off);
        _offloading = Bind(UdpOffload.Auto);
        _toFull = _full.LocalEndPoint!.Serialize();
        _toRaw = _raw.LocalEndPoint!.Serialize();
        _toPlain = _plain.LocalEndPoint.Serialize();
        _toOffloading = _offloading.LocalEndPoint.Serialize();
    }

    [GlobalCleanup]
    public void Close()
    {
        foreach (IDisposable one in (IDisposable[])[_full, _raw, _plain, _offloading, _out, _in])
        {
            one.Dispose();
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send")]
    public void Send_Socket() => SendEach(_toFull);

    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send")]
    public void Send_Batch() => SendBatch(_plain, _toFull);

    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send")]
    public void Send_Segments() => _offloading.SendSegments(_run, Bytes, _toFull);

    [Benchmark(Baseline = true, OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive")]
    public void Both_Socket()
    {
        SendEach(_toRaw);
        ReceiveEach();
    }

    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive")]
    public void Both_Batch()
    {
        SendBatch(_plain, _toPlain);
        ReceiveBatch(_plain);
    }

    /// <summary>The kernel cuts the run for a receiver that knows nothing of it.</summary>
    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive")]
    public void Both_SegmentsToSocket()
    {
        _offloading.SendSegments(_run, Bytes, _toRaw);
        ReceiveEach();
    }

    /// <summary>On loopback the run stays whole until the receiver takes it apart. A network between them would cut it.</summary>
    [Benchmark(OperationsPerInvoke = Datagrams)]
    [BenchmarkCategory("send and receive")]
    public void Both_SegmentsToBatch()
    {
        _offloading.SendSegments(_run, Bytes, _toOffloading);
        ReceiveBatch(_offloading);
    }

    private UdpEndpoint Bind(UdpOffload offload) => UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions
    {
        Engine = ChosenEngine,
        SegmentationOffload = offload,
        ReceiveOffload = offload,
    });

    private void SendEach(SocketAddress to)
    {
        for (int i = 0; i < Datagrams; i++)
        {
            _raw.SendTo(_run.AsSpan(i * Bytes, Bytes), SocketFlags.None, to);
        }
    }

    private void ReceiveEach()
    {
        for (int i = 0; i < Datagrams; i++)
        {
            _raw.ReceiveFrom(_buffer, SocketFlags.None, _from);
        }
    }

    private void SendBatch(UdpEndpoint sender, SocketAddress to)
    {
        _out.Clear();
        for (int i = 0; i < Datagrams; i++)
        {
            _out.Add(_run.AsSpan(i * Bytes, Bytes), to);
        }

        sender.SendBatch(_out);
    }

    private void ReceiveBatch(UdpEndpoint receiver)
    {
        for (int received = 0; received < Datagrams;)
        {
            received += receiver.ReceiveBatch(_in);
        }
    }
}

using System.Net;
using SocketKit;

/// <summary>Sends the same fifty datagrams in three ways.</summary>
internal sealed class Sender : IDisposable
{
    private const int Count = 50;

    private readonly UdpEndpoint _endpoint = UdpEndpoint.Bind("localhost", 0);
    private readonly SocketAddress _to;
    private readonly int _size;
    private readonly byte[] _data;
    private readonly DatagramBatch _batch;

    public Sender(int port, int size)
    {
        _size = size;
        _to = new IPEndPoint(IPAddress.Loopback, port).Serialize();
        _data = new byte[Count * size];
        _batch = new DatagramBatch(Count, size);
    }

    public UdpCapabilities Capabilities => _endpoint.Capabilities;

    /// <summary>One system call for each datagram.</summary>
    public void OneByOne()
    {
        for (int i = 0; i < Count; i++)
        {
            _endpoint.SendTo(_data.AsSpan(i * _size, _size), _to);
        }
    }

    /// <summary>Datagrams from many places, each with an address. The library finds the runs in them.</summary>
    public void Batch()
    {
        for (int i = 0; i < Count; i++)
        {
            _batch.Add(_data.AsSpan(i * _size, _size), _to);
        }

        _endpoint.SendBatch(_batch);
    }

    /// <summary>One block of memory to one receiver: the kernel cuts it.</summary>
    public void Run() => _endpoint.SendSegments(_data, _size, _to);

    public void Dispose()
    {
        _endpoint.Dispose();
        _batch.Dispose();
    }
}

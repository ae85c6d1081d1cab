using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>One way to send datagrams to one receiver.</summary>
/// <param name="unit">What one datagram counts in the results of <see cref="SendAsync"/>.</param>
internal abstract class DatagramSender(int unit) : IDisposable
{
    public int Unit => unit;

    /// <summary>Makes one call, and gives its result: bytes, or datagrams.</summary>
    public abstract ValueTask<int> SendAsync();

    public abstract void Dispose();
}

/// <summary>Plain <see cref="Socket"/>, one datagram per call, with the overloads that allocate nothing.</summary>
internal sealed class PlainSender(ReadOnlyMemory<byte> datagram, IPEndPoint target, bool isBlocking, CancellationToken cancellationToken)
    : DatagramSender(datagram.Length)
{
    private readonly Socket _socket = UdpSockets.Plain(target.AddressFamily);
    private readonly SocketAddress _target = target.Serialize();

    public override ValueTask<int> SendAsync() => isBlocking
        ? new ValueTask<int>(_socket.SendTo(datagram.Span, SocketFlags.None, _target))
        : _socket.SendToAsync(datagram, SocketFlags.None, _target, cancellationToken);

    public override void Dispose() => _socket.Dispose();
}

/// <summary>One datagram per call.</summary>
internal sealed class SingleSender(
    ReadOnlyMemory<byte> datagram, UdpEndpoint endpoint, IPEndPoint target, CancellationToken cancellationToken)
    : DatagramSender(datagram.Length)
{
    private readonly SocketAddress _target = target.Serialize();

    public override ValueTask<int> SendAsync() => endpoint.SendToAsync(datagram, _target, cancellationToken);

    public override void Dispose() => endpoint.Dispose();
}

/// <summary>A batch per call. What went has left it, so it is filled again before each call.</summary>
internal sealed class BatchSender(
    ReadOnlyMemory<byte> datagram, int most, UdpEndpoint endpoint, IPEndPoint target, CancellationToken cancellationToken)
    : DatagramSender(unit: 1)
{
    private readonly DatagramBatch _batch = new(most, Math.Max(datagram.Length, UdpSink.SlotBytes));
    private readonly SocketAddress _target = target.Serialize();

    public override ValueTask<int> SendAsync()
    {
        ReadOnlySpan<byte> content = datagram.Span;
        while (_batch.Count < most)
        {
            _batch.Add(content, _target);
        }

        return endpoint.SendBatchAsync(_batch, cancellationToken);
    }

    public override void Dispose()
    {
        endpoint.Dispose();
        _batch.Dispose();
    }
}

/// <summary>A run of equal datagrams per call.</summary>
internal sealed class SegmentsSender(
    ReadOnlyMemory<byte> run, int size, UdpEndpoint endpoint, IPEndPoint target, CancellationToken cancellationToken) : DatagramSender(size)
{
    private readonly SocketAddress _target = target.Serialize();

    public override ValueTask<int> SendAsync() => endpoint.SendSegmentsAsync(run, Unit, _target, cancellationToken);

    public override void Dispose() => endpoint.Dispose();
}

using System.Buffers;
using System.Net;

namespace SocketKit;

/// <summary>A received datagram with a copy of its bytes, in memory of a pool. <see cref="Dispose"/> returns the memory.</summary>
/// <remarks>One that is never disposed costs the pool its memory, and nothing else.</remarks>
public sealed class OwnedDatagram : IDisposable
{
    private readonly ReceivedDatagram _received;
    private byte[]? _bytes;

    internal OwnedDatagram(ReadOnlySpan<byte> data, ReceivedDatagram received)
    {
        _received = received;
        _bytes = ArrayPool<byte>.Shared.Rent(data.Length);
        data.CopyTo(_bytes);
    }

    /// <summary>The content, which may be empty. It must not be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The datagram was disposed.</exception>
    public ReadOnlyMemory<byte> Data => Volatile.Read(ref _bytes) is { } bytes
        ? bytes.AsMemory(0, _received.Length)
        : throw new ObjectDisposedException(nameof(OwnedDatagram));

    /// <summary>The sender; null if a Unix sender has no name. Readable after <see cref="Dispose"/>, like the properties below.</summary>
    public EndPoint? RemoteEndPoint => _received.RemoteEndPoint;

    /// <inheritdoc cref="ReceivedDatagram.LocalAddress"/>
    public IPAddress? LocalAddress => _received.LocalAddress;

    /// <inheritdoc cref="ReceivedDatagram.InterfaceIndex"/>
    public int InterfaceIndex => _received.InterfaceIndex;

    /// <summary>Whether the datagram was longer than the receive's buffer. It is large enough for every datagram over IP.</summary>
    public bool IsTruncated => _received.IsTruncated;

    /// <summary>Returns the memory to its pool. Callable from any thread, any number of times.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Length and sender, for logs and messages.</summary>
    /// <returns>For example "5 bytes from 127.0.0.1:50122".</returns>
    public override string ToString() => _received.ToString();
}

using System.Net;

namespace SocketKit.Engine.Platform;

/// <summary>
/// The system calls of one datagram socket, each a single attempt that reports WouldBlock as a status. Two implementations: the kernel's
/// own calls on Linux, System.Net.Sockets elsewhere. Every member throws <see cref="ObjectDisposedException"/> on a closed socket.
/// </summary>
internal abstract class DatagramCalls
{
    /// <summary>Whether <see cref="Receive"/> can wait in the kernel.</summary>
    public abstract bool CanBlock { get; }

    /// <summary>
    /// One receive. With <paramref name="block"/> it waits in the kernel, if the descriptor blocks. The end of a sequenced-packet
    /// connection is <see cref="ChannelStatus.EndOfStream"/>.
    /// </summary>
    public abstract DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, bool block, bool withPacketInfo);

    /// <summary>One send, which never waits.</summary>
    public abstract IoResult Send(ReadOnlySpan<byte> data, SocketAddress? to);

    public abstract IoResult Connect(SocketAddress remote);

    public abstract IoResult Disconnect();

    /// <summary>Undoes what these calls have set on a borrowed socket, before it goes back to its owner.</summary>
    public virtual void Restore()
    {
    }

    /// <summary>getsockname(2); null if it fails.</summary>
    public abstract SocketAddress? ReadLocalAddress();
}

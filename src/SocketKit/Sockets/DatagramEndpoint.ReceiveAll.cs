using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    /// <summary>IPv4 and IPv6 have 16 bits for the length of a packet (RFC 791, RFC 8200).</summary>
    private const int LongestIPDatagram = 65_535;

    /// <summary>The length of the longest datagram that can arrive, with the settings that a system has by default.</summary>
    private protected virtual int LongestDatagram => LongestIPDatagram;

    /// <summary>
    /// Enumerates all datagrams as they arrive. Errors about datagrams that this endpoint has sent do not end the enumeration.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the enumeration with <see cref="OperationCanceledException"/>. Cancellation-safe: no datagram is lost.
    /// </param>
    /// <returns>
    /// An enumeration that ends without an exception when the endpoint is disposed, or when the peer of a sequenced-packet connection has
    /// closed it. Each datagram has its own memory, so that it can be kept or passed on; whoever has it disposes it.
    /// </returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed between two datagrams. Enumerate again to go on.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The system refused the receive.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    public async IAsyncEnumerable<OwnedDatagram> ReceiveAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LongestDatagram);
        try
        {
            while (await NextAsync(buffer, cancellationToken).ConfigureAwait(false) is { } received)
            {
                yield return new OwnedDatagram(buffer.AsSpan(0, received.Length), received);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Whether a receive may report this error about an earlier datagram of this endpoint: an ICMP message that the kernel has translated.
    /// </summary>
    private protected virtual bool IsAboutSent(SocketError error) => error is SocketError.ConnectionRefused or SocketError.ConnectionReset
        or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.MessageSize;

    private async ValueTask<ReceivedDatagram?> NextAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ReceiveFromAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException exception) when (IsAboutSent(exception.SocketErrorCode))
            {
                // It is reported once and has nothing to do with the next datagram.
            }
            catch (ObjectDisposedException) when (IsDisposed)
            {
                // The endpoint was disposed, which is how an enumeration is meant to end.
                return null;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.Disconnecting)
            {
                // The peer has closed a sequenced-packet connection, and all its messages have been received.
                return null;
            }
        }
    }
}

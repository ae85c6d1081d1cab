using System.Net;

namespace SocketKit;

// Many equal datagrams to one receiver, from one block of memory.
public sealed partial class UdpEndpoint
{
    /// <summary>The content of the longest datagram over IPv6: 65 535 bytes of payload (RFC 8200) less the header of UDP.</summary>
    private const int LongestSegment = 65_527;

    /// <summary>
    /// Sends a run of equal datagrams to one receiver, each whole or not at all. On Linux the kernel or the network card cuts the data
    /// (sendmsg(2), UDP_SEGMENT), up to 64 datagrams or 65 507 bytes for each system call; elsewhere each datagram is one send. While the
    /// send buffer is full it waits, for at most <see cref="SocketBase.SendTimeout"/>.
    /// </summary>
    /// <param name="data">The contents, one behind the other. If it is empty, nothing is sent.</param>
    /// <param name="segmentSize">Bytes of each datagram: 1 to 65 527. The last one may be shorter.</param>
    /// <param name="to">
    /// The receiver: what a receive wrote, or <see cref="EndPoint.Serialize"/>. Null is the peer of a connected endpoint.
    /// </param>
    /// <returns>
    /// The bytes of the datagrams that went, from the front. If those are not all, something has ended the call after the first datagrams:
    /// the next one was refused, the deadline passed, the send buffer is full in non-blocking mode, or the endpoint was disposed. Send the
    /// rest from there; that call throws if the reason remains.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The address has another family than the endpoint, is too short, or has no port. Nothing was sent.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="segmentSize"/> is out of range. Nothing was sent.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// The first datagram was refused, for a reason that <see cref="DatagramEndpoint.SendTo(ReadOnlySpan{byte}, EndPoint)"/> names. Nothing
    /// was sent; the endpoint stays usable.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// There is no receiver: no address, and no peer. Or the endpoint is connected to another address. Nothing was sent.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed. Nothing was sent.</exception>
    public int SendSegments(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to = null)
    {
        CheckSegment(segmentSize);
        return SendRun(data, segmentSize, to);
    }

    /// <summary>
    /// Sends those datagrams of a run for which the send buffer has room, as <see cref="SendSegments"/> does. It never waits, in any mode.
    /// </summary>
    /// <param name="data">The contents, one behind the other. If it is empty, nothing is sent.</param>
    /// <param name="segmentSize">Bytes of each datagram: 1 to 65 527. The last one may be shorter.</param>
    /// <param name="to">The receiver, as for <see cref="SendSegments"/>.</param>
    /// <param name="sent">The bytes of the datagrams that went, from the front.</param>
    /// <returns>False if the send buffer is full; nothing was sent.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendSegments"/>.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="SendSegments"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SendSegments"/>.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed. Nothing was sent.</exception>
    public bool TrySendSegments(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to, out int sent)
    {
        CheckSegment(segmentSize);
        return TrySendRun(data, segmentSize, to, out sent);
    }

    /// <summary>
    /// Sends a run of equal datagrams to one receiver, as <see cref="SendSegments"/> does, without blocking a thread.
    /// </summary>
    /// <param name="data">The contents, one behind the other. They must not change until the call completes.</param>
    /// <param name="segmentSize">Bytes of each datagram: 1 to 65 527. The last one may be shorter.</param>
    /// <param name="to">The receiver, as for <see cref="SendSegments"/>. It must not change until the call completes.</param>
    /// <param name="cancellationToken">
    /// Ends the wait for room in the send buffer. Cancellation-safe: if some datagrams went before, the call returns their bytes.
    /// </param>
    /// <returns>The bytes of the datagrams that went, as for <see cref="SendSegments"/>. Await it once.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendSegments"/>. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="SendSegments"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SendSegments"/>. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call. Nothing was sent.</exception>
    public ValueTask<int> SendSegmentsAsync(
        ReadOnlyMemory<byte> data, int segmentSize, SocketAddress? to = null, CancellationToken cancellationToken = default)
    {
        CheckSegment(segmentSize);
        return SendRunAsync(data, segmentSize, to, cancellationToken);
    }

    private static void CheckSegment(int segmentSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segmentSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(segmentSize, LongestSegment);
    }
}

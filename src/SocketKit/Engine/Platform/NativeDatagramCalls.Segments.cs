using System.Net;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>
/// Runs of equal datagrams that the kernel or the network card cuts: UDP_SEGMENT, always by control message, because the socket option
/// would cut every send of the socket.
/// </summary>
internal sealed partial class NativeDatagramCalls
{
    /// <summary>linux/udp.h, UDP_MAX_SEGMENTS: 64 before Linux 6.9, 128 since.</summary>
    private const int MostSegments = 64;

    /// <summary>
    /// The content of the longest UDP datagram over IPv4 (RFC 768, RFC 791), which the kernel also allows for a whole run.
    /// </summary>
    private const int MostRunBytes = 65_507;

    // How far _segmentation has come.
    private const int Off = 0;
    private const int Unasked = 1;
    private const int On = 2;

    private volatile int _segmentation;

    /// <summary>Datagrams of this size and above go singly, because they are longer than a packet to some peer may be.</summary>
    private volatile int _refusedSize = int.MaxValue;
    private int _refusals;

    public override bool Segments => _segmentation == On || (_segmentation == Unasked && AskForSegmentation());

    /// <summary>How often the kernel has refused a run and taken its datagrams.</summary>
    internal int SegmentationRefusals => _refusals;

    public override void UseOffloads(bool segments, bool trains)
    {
        _segmentation = segments ? Unasked : Off;
        UseTrains(trains);
    }

    public override IoResult SendSegments(ReadOnlySpan<byte> data, SocketAddress? to, ref SegmentRun run)
    {
        ReadOnlySpan<byte> address = to is null ? default : to.Buffer.Span[..to.Size];
        while (run.Bytes < data.Length)
        {
            ReadOnlySpan<byte> next = run.Next(data, MostOf(run.SegmentSize));
            int sent = SendRun(next, run.SegmentSize, address);
            if (IsAboutSegmentation(sent) && next.Length > run.SegmentSize)
            {
                // A datagram alone shows whether the run was refused or what is in it.
                int refusal = sent;
                next = run.Next(data, 1);
                sent = SendRun(next, run.SegmentSize, address);
                NoteRefusal(refusal, run.SegmentSize, isRunOnly: sent >= 0);
            }

            if (sent < 0)
            {
                return Failure(sent);
            }

            run.NoteSent(next.Length);
        }

        return default;
    }

    /// <summary>
    /// EIO: the way out computes no checksums. EMSGSIZE, before Linux 6.14 EINVAL: a datagram is longer than a packet may be, and a run is
    /// never fragmented (net/ipv4/udp.c, udp_send_skb).
    /// </summary>
    private static bool IsAboutSegmentation(int result) => result is -Errno.EIO or -Errno.EINVAL or -Errno.EMSGSIZE;

    /// <summary>With one datagram there is no control message, because some kernels refuse it then.</summary>
    private int SendRun(ReadOnlySpan<byte> data, int segmentSize, ReadOnlySpan<byte> address) => data.Length > segmentSize
        ? SegmentCalls.Send(_handle, data, segmentSize, address, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL)
        : Messages.Send(_handle, data, address, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);

    /// <summary>The most datagrams of this size that go as one.</summary>
    private int MostOf(int segmentSize) =>
        Segments && segmentSize < _refusedSize ? Math.Clamp(MostRunBytes / segmentSize, 1, MostSegments) : 1;

    /// <summary>A kernel that does not know the option would ignore the control message, and send the run as one datagram.</summary>
    private bool AskForSegmentation()
    {
        bool isKnown = SegmentCalls.TryGetOption(_handle, Libc.UDP_SEGMENT, out _);
        Interlocked.CompareExchange(ref _segmentation, isKnown ? On : Off, Unasked);
        return _segmentation == On;
    }

    /// <param name="refusal">The negative errno of the run.</param>
    /// <param name="segmentSize">Bytes of its datagrams.</param>
    /// <param name="isRunOnly">Whether the kernel has then taken a datagram of the run.</param>
    private void NoteRefusal(int refusal, int segmentSize, bool isRunOnly)
    {
        if (!isRunOnly)
        {
            return;
        }

        Interlocked.Increment(ref _refusals);
        if (refusal == -Errno.EMSGSIZE)
        {
            _refusedSize = Math.Min(_refusedSize, segmentSize);
        }
        else
        {
            _segmentation = Off;
        }
    }
}

using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>The error queue of a socket with IP_RECVERR or IPV6_RECVERR (ip(7), ipv6(7)).</summary>
internal sealed partial class NativeDatagramCalls
{
    /// <summary>Errors that are kept for the caller; the oldest ones go first.</summary>
    private const int MostKept = 64;

    /// <summary>More than a report quotes (RFC 1812 section 4.3.2.3: 576 bytes in all).</summary>
    private const int QuotedBytes = 2048;

    private readonly Queue<DatagramError> _kept = new();

    public override DatagramError? TakeQueuedError()
    {
        lock (_kept)
        {
            return _kept.TryDequeue(out DatagramError? kept) ? kept : ReadError();
        }
    }

    public override void KeepErrors()
    {
        lock (_kept)
        {
            while (ReadError() is { } error)
            {
                if (_kept.Count == MostKept)
                {
                    _kept.Dequeue();
                }

                _kept.Enqueue(error);
            }
        }
    }

    private DatagramError? ReadError()
    {
        Span<byte> quoted = stackalloc byte[QuotedBytes];
        Span<byte> control = stackalloc byte[DetailBytes];
        Span<byte> name = stackalloc byte[DatagramBatch.NameBytes];
        int count = Messages.Receive(
            _handle,
            quoted,
            name,
            control,
            Libc.MSG_ERRQUEUE | Libc.MSG_DONTWAIT,
            out int nameLength,
            out int controlLength,
            out _);
        if (count < 0)
        {
            // EAGAIN: the queue is empty. Any other error is for the next send or receive to report.
            return null;
        }

        var messages = new ControlMessages(control[..controlLength]);
        while (messages.MoveNext())
        {
            if (messages.IsExtendedError(out ExtendedError error, out ReadOnlySpan<byte> offender))
            {
                bool isReported = error.Origin is ExtendedError.Icmp or ExtendedError.Icmp6;
                return new DatagramError(
                    Errno.ToSocketError(error.Number),
                    ReadEndPoint(name[..nameLength]),
                    isReported ? ReadEndPoint(offender)?.Address : null,
                    isReported ? error.Type : 0,
                    isReported ? error.Code : 0,
                    error.Number == Errno.EMSGSIZE ? (int)error.Information : 0,
                    quoted[..count].ToArray());
            }
        }

        return null;
    }

    private static IPEndPoint? ReadEndPoint(ReadOnlySpan<byte> address)
    {
        AddressFamily family = address.Length < sizeof(ushort) ? AddressFamily.Unspecified
            : MemoryMarshal.Read<ushort>(address) switch
            {
                Libc.AF_INET => AddressFamily.InterNetwork,
                Libc.AF_INET6 => AddressFamily.InterNetworkV6,
                _ => AddressFamily.Unspecified,
            };
        return family != AddressFamily.Unspecified && address.Length >= SocketAddresses.SizeOf(family)
            ? SocketAddresses.Read(address, family)
            : null;
    }
}

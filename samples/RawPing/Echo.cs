using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using SocketKit;
using AddressFamily = System.Net.Sockets.AddressFamily;
using ProtocolType = System.Net.Sockets.ProtocolType;

/// <summary>Sends one echo request at a time and waits for what comes back about it.</summary>
internal sealed class Echo(RawEndpoint socket, IPEndPoint target, PingOptions options)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly ushort _identifier = (ushort)Environment.ProcessId;
    private readonly byte[] _data = RandomNumberGenerator.GetBytes(options.Size);
    private readonly byte[] _request = new byte[IcmpMessage.HeaderLength + options.Size];
    private readonly byte[] _buffer = new byte[65_535];

    public PingOptions Options => options;

    public IPEndPoint Target => target;

    public static ProtocolType ProtocolOf(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? ProtocolType.Icmp : ProtocolType.IcmpV6;

    /// <summary>How many routers the next requests may pass.</summary>
    public void LimitHops(int hops)
    {
        if (target.AddressFamily == AddressFamily.InterNetwork)
        {
            socket.SetOption(SocketOption.TimeToLive, hops);
        }
        else
        {
            socket.SetOption(SocketOption.HopLimit, hops);
        }
    }

    /// <exception cref="SocketTimeoutException">Nothing came back within a second.</exception>
    public EchoResult Ask(ushort sequence)
    {
        int length = IcmpMessage.WriteEchoRequest(_request, target.AddressFamily, _identifier, sequence, _data);
        long start = Stopwatch.GetTimestamp();

        // sendto(request, (address, 0))
        socket.SendTo(_request.AsSpan(0, length), target);
        while (true)
        {
            // A raw socket sees the ICMP messages of all programs, so one second is meant for all receives together.
            TimeSpan left = s_patience - Stopwatch.GetElapsedTime(start);
            socket.ReceiveTimeout = left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
            ReceivedDatagram datagram = socket.ReceiveFrom(_buffer);
            if (KindOf(_buffer.AsSpan(0, datagram.Length), sequence) is { } kind)
            {
                return new EchoResult(kind, ((IPEndPoint)datagram.RemoteEndPoint!).Address, Stopwatch.GetElapsedTime(start));
            }
        }
    }

    /// <summary>Null if the message is not about our request.</summary>
    private IcmpMessageKind? KindOf(ReadOnlySpan<byte> packet, ushort sequence)
    {
        try
        {
            // As in Python, a raw IPv4 socket gives the IP header, too.
            var message = IcmpMessage.Parse(
                socket.IncludesIPHeader ? IPv4Header.Parse(packet).Payload : packet, target.AddressFamily);

            // The random data tells our replies from those to others. Without the right of raw sockets the kernel sets its own identifier.
            bool isReply = message.Kind == IcmpMessageKind.EchoReply
                && message.Sequence == sequence
                && message.Payload.SequenceEqual(_data);
            bool isError = message.TryGetOriginalEcho(out ushort identifier, out ushort about)
                && identifier == _identifier && about == sequence;
            return isReply || isError ? message.Kind : null;
        }
        catch (PacketFormatException)
        {
            // Anybody may send anything to a raw socket; it is not ours.
            return null;
        }
    }
}

/// <summary>What came back.</summary>
/// <param name="Kind">The reply, or what went wrong on the way.</param>
/// <param name="Sender">Who sent it.</param>
/// <param name="Time">How long it took.</param>
internal sealed record EchoResult(IcmpMessageKind Kind, IPAddress Sender, TimeSpan Time);

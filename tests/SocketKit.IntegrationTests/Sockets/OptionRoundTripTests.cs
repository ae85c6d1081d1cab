using System.Net;
using System.Net.Sockets;
using System.Reflection;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>Every option of the catalogue on a real socket: one line each. The engine plays no part in it.</summary>
public sealed class OptionRoundTripTests
{
    private static readonly Row[] s_rows =
    [
        Row.Of(SocketOption.ReuseAddress, true, Kind.Tcp),
        Row.Of(SocketOption.ReusePort, true, Kind.Tcp),
        Row.Of(SocketOption.ReceiveBufferSize, 20_000, Kind.Udp, 40_000),
        Row.Of(SocketOption.SendBufferSize, 20_000, Kind.Udp, 40_000),
        Row.Of(SocketOption.DontRoute, true, Kind.Udp),
        Row.Of(SocketOption.Priority, 3, Kind.Tcp),
        Row.Of(SocketOption.Mark, 17, Kind.Tcp),
        Row.Of(SocketOption.BindToDevice, "lo", Kind.Udp),
        Row.Of(SocketOption.IncomingCpu, 0, Kind.Tcp),
        Row.Of(SocketOption.BusyPoll, TimeSpan.FromMicroseconds(50), Kind.Udp),
        Row.Of(SocketOption.PassCredentials, true, Kind.Unix),
        Row.Of(SocketOption.QuickAck, false, Kind.ConnectedTcp),
        Row.Of(SocketOption.Cork, true, Kind.Tcp),
        Row.Of(SocketOption.Congestion, "reno", Kind.Tcp),
        Row.Of(SocketOption.DeferAccept, TimeSpan.FromSeconds(3), Kind.ListeningTcp),
        Row.Of(SocketOption.FastOpen, 5, Kind.ListeningTcp),
        Row.Of(SocketOption.FastOpenConnect, true, Kind.Tcp),
        Row.Of(SocketOption.NotSentLowWatermark, 16_384, Kind.Tcp),
        Row.Of(SocketOption.SynCount, 3, Kind.Tcp),
        Row.Of(SocketOption.FinWaitTimeout, TimeSpan.FromSeconds(7), Kind.Tcp),
        Row.Of(SocketOption.MaxSegmentSize, 1_000, Kind.Tcp),
        Row.Of(SocketOption.WindowClamp, 100_000, Kind.Tcp),
        Row.Of(SocketOption.ThinLinearTimeouts, true, Kind.Tcp),
        Row.Of(SocketOption.TypeOfService, 0x88, Kind.Udp),
        Row.Of(SocketOption.TimeToLive, 9, Kind.Udp),
        Row.Of(SocketOption.MtuDiscover, 2, Kind.Udp),
        Row.Of(SocketOption.FreeBind, true, Kind.Udp),
        Row.Of(SocketOption.Transparent, true, Kind.Udp),
        Row.Of(SocketOption.BindAddressNoPort, true, Kind.Tcp),
        Row.Of(SocketOption.MulticastAll, false, Kind.Udp),
        Row.Of(SocketOption.IPv6Only, true, Kind.Udp6),
        Row.Of(SocketOption.TrafficClass, 0x88, Kind.Udp6),
        Row.Of(SocketOption.HopLimit, 9, Kind.Udp6),
        Row.Of(SocketOption.MtuDiscoverIPv6, 2, Kind.Udp6),
        Row.Reads(SocketOption.Type, 2, Kind.Udp),
        Row.Reads(SocketOption.Protocol, 6, Kind.Tcp),
        Row.Reads(SocketOption.Domain, 10, Kind.Udp6),
        Row.Reads(SocketOption.IncomingQueue, 0, Kind.Tcp),
        Row.Reads(SocketOption.PathMtu, static mtu => mtu >= 576, Kind.ConnectedTcp),
        Row.Reads(SocketOption.PathMtuIPv6, static mtu => mtu >= 1280, Kind.ConnectedUdp6),
    ];

    private enum Kind
    {
        Tcp,
        ConnectedTcp,
        ListeningTcp,
        Udp,
        Udp6,
        ConnectedUdp6,
        Unix,
    }

    [LinuxFact]
    public void Every_option_reads_back_as_it_was_set()
    {
        string[] wrong = [.. s_rows.Select(static row => row.Failure()).OfType<string>()];

        wrong.Should().BeEmpty();
    }

    [Fact]
    public void Every_option_of_the_catalogue_has_a_line()
    {
        IEnumerable<string> catalogue = typeof(SocketOption)
            .GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Select(static option => option.GetValue(null)!.ToString()!);

        s_rows.Select(static row => row.Name).Should().BeEquivalentTo(catalogue);
    }

    private sealed record Row(string Name, Func<string?> Failure)
    {
        public static Row Of<T>(SocketOption<T> option, T value, Kind kind)
            where T : notnull => Of(option, value, kind, value);

        public static Row Of<T>(SocketOption<T> option, T value, Kind kind, T reads)
            where T : notnull => new(option.Name, () => Try(option, kind, got => got.Equals(reads), socket => option.SetOn(socket, value)));

        public static Row Reads<T>(SocketOption<T> option, T value, Kind kind)
            where T : notnull => Reads(option, got => got.Equals(value), kind);

        public static Row Reads<T>(SocketOption<T> option, Func<T, bool> isRight, Kind kind) =>
            new(option.Name, () => option.IsReadOnly ? Try(option, kind, isRight, static _ => { }) : $"{option.Name} can be set");

        private static string? Try<T>(SocketOption<T> option, Kind kind, Func<T, bool> isRight, Action<Socket> act)
        {
            if (kind is Kind.Udp6 or Kind.ConnectedUdp6 && !Requirement.HasIPv6Loopback)
            {
                return null;
            }

            using var sockets = new SocketsUnderTest(kind);
            try
            {
                act(sockets.Socket);
                T got = option.GetFrom(sockets.Socket);
                return isRight(got) ? null : $"{option.Name} reads {got}";
            }
            catch (SocketException exception) when (
                exception.SocketErrorCode == SocketError.AccessDenied && exception.Message.Contains("CAP_"))
            {
                // Without the right the message names it: that is the promise then.
                return null;
            }
            catch (SocketException exception)
            {
                // Collected, so that one run shows every option that fails.
                return $"{option.Name} on {kind}: {exception.Message}";
            }
        }
    }

    private sealed class SocketsUnderTest : IDisposable
    {
        private readonly Socket? _peer;

        public SocketsUnderTest(Kind kind)
        {
            (AddressFamily family, SocketType type, ProtocolType protocol) = kind switch
            {
                Kind.Udp => (AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp),
                Kind.Udp6 or Kind.ConnectedUdp6 => (AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp),
                Kind.Unix => (AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
                _ => (AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp),
            };
            Socket = new Socket(family, type, protocol);
            if (kind is Kind.ConnectedTcp or Kind.ConnectedUdp6)
            {
                _peer = new Socket(family, type, protocol);
                _peer.Bind(new IPEndPoint(kind == Kind.ConnectedTcp ? IPAddress.Loopback : IPAddress.IPv6Loopback, 0));
                if (kind == Kind.ConnectedTcp)
                {
                    _peer.Listen();
                }

                Socket.Connect(_peer.LocalEndPoint!);
            }
            else if (kind == Kind.ListeningTcp)
            {
                Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                Socket.Listen();
            }
        }

        public Socket Socket { get; }

        public void Dispose()
        {
            Socket.Dispose();
            _peer?.Dispose();
        }
    }
}

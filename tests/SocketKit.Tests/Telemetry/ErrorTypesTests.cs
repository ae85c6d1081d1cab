using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using SocketKit.Sockets.Limits;
using SocketKit.Telemetry;

namespace SocketKit.Tests.Telemetry;

public sealed class ErrorTypesTests
{
    [Theory]
    [InlineData(CloseReason.None, null)]
    [InlineData(CloseReason.PeerFinished, null)]
    [InlineData(CloseReason.LocalDispose, null)]
    [InlineData(CloseReason.PeerReset, "peer_reset")]
    [InlineData(CloseReason.LocalAbort, "local_abort")]
    [InlineData(CloseReason.TimedOut, "timed_out")]
    [InlineData(CloseReason.IdleTimeout, "idle_timeout")]
    [InlineData(CloseReason.SlowPeer, "slow_peer")]
    [InlineData(CloseReason.ServerStopped, "server_stopped")]
    [InlineData(CloseReason.Error, "error")]
    public void A_close_reason_is_an_error_unless_the_end_was_clean(CloseReason reason, string? type) =>
        ErrorTypes.Of(reason).Should().Be(type);

    [Theory]
    [InlineData(SocketError.ConnectionRefused, "connection_refused")]
    [InlineData(SocketError.HostNotFound, "host_not_found")]
    [InlineData(SocketError.TimedOut, "timed_out")]
    public void A_connects_error_has_the_name_that_NET_gives_it(SocketError error, string type) => ErrorTypes.Of(error).Should().Be(type);

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets, "emfile")]
    [InlineData(SocketError.NoBufferSpaceAvailable, "enobufs")]
    [InlineData(SocketError.ConnectionAborted, "econnaborted")]
    [InlineData(SocketError.Fault, "fault")]
    public void An_accepts_error_has_its_name_in_the_manual(SocketError error, string type) =>
        ErrorTypes.OfAccept(error, null).Should().Be(type);

    [Fact]
    public void An_exception_in_place_of_an_accepts_error_has_its_type() =>
        ErrorTypes.OfAccept(SocketError.SocketError, new NotSupportedException()).Should().Be("System.NotSupportedException");

    /// <summary>Other tests of the process measure, too. The port of the listener tells them apart.</summary>
    [Fact]
    public void Every_reject_reason_and_every_accept_error_is_measured_as_it_is_counted()
    {
        var seen = new List<string>();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        object port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == Instruments.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var all = new Dictionary<string, object?>(tags.ToArray());
            if (port.Equals(all.GetValueOrDefault(AttributeNames.ServerPort)))
            {
                seen.Add($"{instrument.Name} {value} {tags[^1].Value}");
            }
        });
        listener.Start();
        var counters = new ServerCounters(socket);

        Array.ForEach(Enum.GetValues<RejectReason>(), counters.Rejected);
        counters.AcceptFailed(SocketError.TooManyOpenSockets);

        const string Rejected = "socketkit.server.rejected_connections 1";
        seen.Should().Equal(
            $"{Rejected} full", $"{Rejected} full_for_address", $"{Rejected} filter", $"{Rejected} user", $"{Rejected} shortage",
            $"{Rejected} stopping", $"{Rejected} lost", "socketkit.server.accept.errors 1 emfile");
        ServerStatistics counted = counters.Read(static () => []);
        (counted.RejectedTotal, counted.AcceptErrors).Should().Be((7, 1));
    }
}

namespace SocketKit.Tests.Api;

/// <summary>The rows of datagram sockets.</summary>
internal static partial class CallerInputs
{
    private static (Test[] Tests, string[] Inputs)[] Datagrams =>
    [
        (
            [
                new("UdpSegmentTests", "Wrong_arguments_are_refused_before_anything_is_sent"),
                new("UdpSegmentTests", "A_send_that_throws_out_of_the_callers_memory_sends_nothing"),
                new("UdpSegmentTests", "A_token_that_has_fired_and_a_closed_endpoint_send_nothing"),
            ],
            [
                "UdpEndpoint.SendSegments(ReadOnlySpan<byte>, int, SocketAddress) to",
                "UdpEndpoint.TrySendSegments(ReadOnlySpan<byte>, int, SocketAddress, int) to",
                "UdpEndpoint.SendSegmentsAsync(ReadOnlyMemory<byte>, int, SocketAddress, CancellationToken) to",
                "UdpEndpoint.SendSegmentsAsync(ReadOnlyMemory<byte>, int, SocketAddress, CancellationToken) data",
                "UdpEndpoint.SendSegmentsAsync(ReadOnlyMemory<byte>, int, SocketAddress, CancellationToken) cancellationToken",
            ]),
        (
            [new("UdpBatchTests", "Targets_are_checked_before_anything_is_sent")],
            [
                "DatagramBatch.Add(ReadOnlySpan<byte>, SocketAddress, Ecn) to",
                "DatagramBatch.TryAdd(ReadOnlySpan<byte>, SocketAddress, Ecn) to",
            ]),
        (
            [new("UdpBatchTests", "Deadlines_modes_and_tokens_are_those_of_every_receive")],
            [
                "DatagramEndpoint.ReceiveBatchAsync(DatagramBatch, CancellationToken) cancellationToken",
            ]),
        (
            [new("UnixBatchTests", "A_deadline_or_a_token_leaves_in_the_batch_what_did_not_go")],
            [
                "DatagramEndpoint.SendBatchAsync(DatagramBatch, CancellationToken) cancellationToken",
            ]),
        (
            [new("Udp/CallerFaultTests", "A_receive_throws_what_its_memory_throws_at_any_access_and_the_datagram_stays")],
            [
                "DatagramEndpoint.ReceiveAsync(Memory<byte>, CancellationToken) buffer",
                "DatagramEndpoint.ReceiveAsync(Memory<byte>, TimeSpan, CancellationToken) buffer",
                "DatagramEndpoint.ReceiveFromAsync(Memory<byte>, TimeSpan, CancellationToken) buffer",
                "DatagramEndpoint.ReceiveFromAsync(Memory<byte>, CancellationToken) buffer",
                "DatagramEndpoint.ReceiveFromAsync(Memory<byte>, SocketAddress, CancellationToken) buffer",
            ]),
        (
            [new("TokenFaultTests", "Every_receive_of_a_datagram_endpoint_is_cancelled_and_the_next_one_gets_the_datagram")],
            [
                "DatagramEndpoint.ReceiveAsync(Memory<byte>, CancellationToken) cancellationToken",
                "DatagramEndpoint.ReceiveAsync(Memory<byte>, TimeSpan, CancellationToken) cancellationToken",
                "DatagramEndpoint.ReceiveFromAsync(Memory<byte>, TimeSpan, CancellationToken) cancellationToken",
                "DatagramEndpoint.ReceiveFromAsync(Memory<byte>, CancellationToken) cancellationToken",
                "DatagramEndpoint.ReceiveFromAsync(Memory<byte>, SocketAddress, CancellationToken) cancellationToken",
                "DatagramEndpoint.ReceiveAllAsync(CancellationToken) cancellationToken",
            ]),
        (
            [
                new("Udp/CallerFaultTests", "A_socket_address_without_room_is_refused_in_every_shape"),
                new("Udp/CallerFaultTests", "A_socket_address_of_another_family_is_refused_by_sends_and_overwritten_by_receives"),
                new("UnixCallerFaultTests", "A_socket_address_that_is_no_whole_one_is_refused_in_every_shape"),
            ],
            [
                "DatagramEndpoint.ReceiveFrom(Span<byte>, SocketAddress) from",
                "DatagramEndpoint.ReceiveFromAsync(Memory<byte>, SocketAddress, CancellationToken) from",
                "DatagramEndpoint.SendTo(ReadOnlySpan<byte>, SocketAddress) to",
                "DatagramEndpoint.SendToAsync(ReadOnlyMemory<byte>, SocketAddress, CancellationToken) to",
                "DatagramEndpoint.SendTo(string, SocketAddress) to",
                "DatagramEndpoint.SendToAsync(string, SocketAddress, CancellationToken) to",
                "DatagramEndpoint.TryReceiveFrom(Span<byte>, SocketAddress, ReceivedDatagram) from",
                "DatagramEndpoint.TrySendTo(ReadOnlySpan<byte>, SocketAddress, int) to",
            ]),
        (
            [new("Udp/CallerFaultTests", "A_send_throws_what_its_memory_throws_and_sends_nothing")],
            [
                "DatagramEndpoint.SendAsync(ReadOnlyMemory<byte>, CancellationToken) data",
                "DatagramEndpoint.SendToAsync(ReadOnlyMemory<byte>, EndPoint, CancellationToken) data",
                "DatagramEndpoint.SendToAsync(ReadOnlyMemory<byte>, SocketAddress, CancellationToken) data",
                "UdpEndpoint.SendToAsync(ReadOnlyMemory<byte>, IPEndPoint, IPAddress, CancellationToken) data",
            ]),
        (
            [
                new("Udp/CallerFaultTests", "An_end_point_of_the_callers_is_asked_for_its_address_and_port_only"),
                new("Udp/CallerFaultTests", "An_end_point_that_throws_does_not_hide_the_systems_error"),
            ],
            [
                "DatagramEndpoint.SendTo(ReadOnlySpan<byte>, EndPoint) to",
                "DatagramEndpoint.SendToAsync(ReadOnlyMemory<byte>, EndPoint, CancellationToken) to",
                "DatagramEndpoint.SendTo(string, EndPoint) to",
                "DatagramEndpoint.SendToAsync(string, EndPoint, CancellationToken) to",
                "DatagramEndpoint.TrySendTo(ReadOnlySpan<byte>, EndPoint, int) to",
                "UdpEndpoint.SendTo(ReadOnlySpan<byte>, IPEndPoint, IPAddress) to",
                "UdpEndpoint.SendToAsync(ReadOnlyMemory<byte>, IPEndPoint, IPAddress, CancellationToken) to",
                "UdpEndpoint.TrySendTo(ReadOnlySpan<byte>, IPEndPoint, IPAddress, int) to",
            ]),
        (
            [new("UdpSourceTests", "A_source_that_throws_does_not_hide_the_systems_error")],
            [
                "UdpEndpoint.SendTo(ReadOnlySpan<byte>, IPEndPoint, IPAddress) from",
                "UdpEndpoint.SendToAsync(ReadOnlyMemory<byte>, IPEndPoint, IPAddress, CancellationToken) from",
                "UdpEndpoint.TrySendTo(ReadOnlySpan<byte>, IPEndPoint, IPAddress, int) from",
            ]),
        (
            [new("Udp/CallerFaultTests", "An_end_point_of_the_callers_is_asked_for_its_address_and_port_only")],
            [
                "UdpEndpoint.Connect(IPEndPoint, UdpEndpointOptions) remote",
                "UdpEndpoint.ConnectTo(IPEndPoint) remote",
            ]),
        (
            [
                new("MulticastFailureTests", "A_group_that_is_joined_already_or_not_at_all"),
                new("MulticastFailureTests", "The_name_of_an_interface_is_as_good_as_its_number"),
            ],
            [
                "UdpEndpoint.JoinGroup(IPAddress, int, IPAddress) group",
                "UdpEndpoint.JoinGroup(IPAddress, int, IPAddress) source",
                "UdpEndpoint.JoinGroup(IPAddress, string, IPAddress) group",
                "UdpEndpoint.JoinGroup(IPAddress, string, IPAddress) source",
                "UdpEndpoint.LeaveGroup(IPAddress, int, IPAddress) group",
                "UdpEndpoint.LeaveGroup(IPAddress, int, IPAddress) source",
                "UdpEndpoint.LeaveGroup(IPAddress, string, IPAddress) group",
                "UdpEndpoint.LeaveGroup(IPAddress, string, IPAddress) source",
            ]),
        (
            [new("UnixDatagramTests", "A_bound_endpoint_connects_and_disconnects")],
            [
                "UnixDatagramEndpoint.ConnectTo(UnixDomainSocketEndPoint) remote",
            ]),
        (
            [
                new("SequencedServerTests", "Accepts_wait_as_the_time_outs_and_tokens_say_and_the_server_stays_usable"),
                new("SequencedServerTests", "A_connect_that_waits_for_the_backlog_ends_by_its_deadline_or_token_and_leaves_no_descriptor"),
            ],
            [
                "UnixSequencedServer.AcceptAsync(CancellationToken) cancellationToken",
                "UnixSequencedServer.AcceptAllAsync(CancellationToken) cancellationToken",
                "UnixDatagramEndpoint.ConnectAsync(string, UnixDatagramOptions, CancellationToken) cancellationToken",
            ]),
        (
            [
                new("MulticastFailureTests", "A_source_that_is_blocked_already_or_not_at_all"),
            ],
            [
                "UdpEndpoint.BlockSource(IPAddress, IPAddress, int) group",
                "UdpEndpoint.BlockSource(IPAddress, IPAddress, int) source",
                "UdpEndpoint.BlockSource(IPAddress, IPAddress, string) group",
                "UdpEndpoint.BlockSource(IPAddress, IPAddress, string) source",
                "UdpEndpoint.UnblockSource(IPAddress, IPAddress, int) group",
                "UdpEndpoint.UnblockSource(IPAddress, IPAddress, int) source",
                "UdpEndpoint.UnblockSource(IPAddress, IPAddress, string) group",
                "UdpEndpoint.UnblockSource(IPAddress, IPAddress, string) source",
            ]),
    ];
}

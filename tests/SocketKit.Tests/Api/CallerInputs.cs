namespace SocketKit.Tests.Api;

/// <summary>
/// The table of what a caller hands to the library and that may throw or be wrong, with the tests in which it does. Each test runs on both
/// engines.
/// </summary>
internal static partial class CallerInputs
{
    private static readonly (Test[] Tests, string[] Inputs)[] s_table =
    [
        (
            [new("EndPointFaultTests", "Clients_connect_to_it_and_from_it_in_every_shape")],
            [
                "ConnectAttempt..ctor(EndPoint, SocketException, TimeSpan) EndPoint",
                "ConnectAttempt.EndPoint",
            ]),
        (
            [new("TokenFaultTests", "A_call_that_does_not_wait_takes_such_a_token")],
            [
                "DatagramEndpoint.SendAsync(ReadOnlyMemory<byte>, CancellationToken) cancellationToken",
                "DatagramEndpoint.SendToAsync(ReadOnlyMemory<byte>, EndPoint, CancellationToken) cancellationToken",
                "DatagramEndpoint.SendToAsync(ReadOnlyMemory<byte>, SocketAddress, CancellationToken) cancellationToken",
                "DatagramEndpoint.SendAsync(string, CancellationToken) cancellationToken",
                "DatagramEndpoint.SendToAsync(string, EndPoint, CancellationToken) cancellationToken",
                "DatagramEndpoint.SendToAsync(string, SocketAddress, CancellationToken) cancellationToken",
                "StreamConnection.PeekAsync(Memory<byte>, CancellationToken) cancellationToken",
                "StreamConnection.ReceiveAsync(Memory<byte>, CancellationToken) cancellationToken",
                "StreamConnection.ReceiveExactlyAsync(Memory<byte>, CancellationToken) cancellationToken",
                "StreamConnection.SendAsync(ReadOnlyMemory<byte>, CancellationToken) cancellationToken",
                "StreamConnection.SendAsync(ReadOnlySequence<byte>, CancellationToken) cancellationToken",
                "StreamConnection.SendAsync(string, CancellationToken) cancellationToken",
                "StreamConnection.SendFileAsync(SafeFileHandle, long, long?, CancellationToken) cancellationToken",
                "TcpClient.ConnectAsync(IPEndPoint, TcpClientOptions, CancellationToken) cancellationToken",
                "TcpClient.ConnectAsync(string, int, TcpClientOptions, CancellationToken) cancellationToken",
                "TcpClient.TryConnectAsync(IPEndPoint, TcpClientOptions, CancellationToken) cancellationToken",
                "TcpClient.TryConnectAsync(string, int, TcpClientOptions, CancellationToken) cancellationToken",
                "UdpEndpoint.ConnectAsync(string, int, UdpEndpointOptions, CancellationToken) cancellationToken",
                "UdpEndpoint.SendToAsync(ReadOnlyMemory<byte>, IPEndPoint, IPAddress, CancellationToken) cancellationToken",
                "UnixClient.ConnectAsync(string, UnixClientOptions, CancellationToken) cancellationToken",
                "UnixClient.TryConnectAsync(string, UnixClientOptions, CancellationToken) cancellationToken",
            ]),
        (
            [
                new("MessageReceiveTests", "A_token_ends_the_wait_and_no_byte_is_lost"),
                new("MessageServerTests", "An_idle_request_response_server_stops_without_waiting_for_the_drain"),
            ],
            [
                "MessageChannel.ReceiveAllAsync(CancellationToken) cancellationToken",
                "MessageChannel.ReceiveAsync(CancellationToken) cancellationToken",
            ]),
        (
            [
                new("MessageSendTests", "A_token_takes_a_message_out_while_none_of_its_bytes_went"),
                new("MessageSendTests", "A_token_that_fires_when_a_part_went_aborts_the_connection_and_those_behind_were_not_begun"),
                new("MessageSendTests", "A_flush_waits_for_everything_and_its_token_takes_nothing_away"),
            ],
            [
                "MessageChannel.FlushAsync(CancellationToken) cancellationToken",
                "MessageChannel.SendAsync(ReadOnlyMemory<byte>, CancellationToken) cancellationToken",
                "MessageChannel.SendAsync(ReadOnlySequence<byte>, CancellationToken) cancellationToken",
                "MessageChannel.SendAsync(string, CancellationToken) cancellationToken",
                "MessageChannel.WriteAsync(TState, Action<IBufferWriter<byte>, TState>, CancellationToken) cancellationToken",
            ]),
        (
            [new("MessageSendTests", "Memory_that_its_owner_has_let_go_of_fails_its_own_send_alone")],
            [
                "MessageChannel.SendAsync(ReadOnlyMemory<byte>, CancellationToken) message",
                "MessageChannel.SendAsync(ReadOnlySequence<byte>, CancellationToken) message",
            ]),
        (
            [new("MessageSendTests", "A_writer_that_throws_sends_nothing")],
            [
                "MessageChannel.WriteAsync(TState, Action<IBufferWriter<byte>, TState>, CancellationToken) write",
            ]),
        (
            [
                new("OptionFaultTests", "What_Configure_throws_comes_out_of_every_factory_call_as_it_is"),
                new("OptionFaultTests", "What_a_logger_throws_costs_its_lines_only"),
            ],
            [
                "RawEndpoint.Open(AddressFamily, ProtocolType, RawEndpointOptions) options",
                "RawEndpoint.OpenIcmp(AddressFamily, RawEndpointOptions) options",
                "TcpClient.Connect(IPEndPoint, TcpClientOptions) options",
                "TcpClient.Connect(string, int, TcpClientOptions) options",
                "TcpClient.ConnectAsync(IPEndPoint, TcpClientOptions, CancellationToken) options",
                "TcpClient.ConnectAsync(string, int, TcpClientOptions, CancellationToken) options",
                "TcpClient.TryConnect(IPEndPoint, TcpClientOptions) options",
                "TcpClient.TryConnect(string, int, TcpClientOptions) options",
                "TcpClient.TryConnectAsync(IPEndPoint, TcpClientOptions, CancellationToken) options",
                "TcpClient.TryConnectAsync(string, int, TcpClientOptions, CancellationToken) options",
                "TcpConnection.CreatePair(TcpClientOptions) options",
                "TcpServer.Listen(IPEndPoint, TcpServerOptions) options",
                "TcpServer.Listen(int, TcpServerOptions) options",
                "TcpServer.Listen(string, int, TcpServerOptions) options",
                "UdpEndpoint.Bind(IPEndPoint, UdpEndpointOptions) options",
                "UdpEndpoint.Bind(int, UdpEndpointOptions) options",
                "UdpEndpoint.Bind(string, int, UdpEndpointOptions) options",
                "UdpEndpoint.Connect(IPEndPoint, UdpEndpointOptions) options",
                "UdpEndpoint.Connect(string, int, UdpEndpointOptions) options",
                "UdpEndpoint.ConnectAsync(string, int, UdpEndpointOptions, CancellationToken) options",
                "UnixClient.Connect(string, UnixClientOptions) options",
                "UnixClient.ConnectAsync(string, UnixClientOptions, CancellationToken) options",
                "UnixClient.TryConnect(string, UnixClientOptions) options",
                "UnixClient.TryConnectAsync(string, UnixClientOptions, CancellationToken) options",
                "UnixConnection.CreatePair(UnixClientOptions) options",
                "UnixDatagramEndpoint.Bind(string, UnixDatagramOptions) options",
                "UnixDatagramEndpoint.Connect(string, UnixDatagramOptions) options",
                "UnixDatagramEndpoint.ConnectAsync(string, UnixDatagramOptions, CancellationToken) options",
                "UnixDatagramEndpoint.CreatePair(UnixDatagramOptions) options",
                "UnixSequencedServer.Listen(string, UnixSequencedServerOptions) options",
                "UnixServer.Listen(string, UnixServerOptions) options",
            ]),
        (
            [new("TokenFaultTests", "Every_receive_of_a_stream_is_cancelled_and_the_next_one_gets_the_data")],
            [
                "SocketBase.WaitReadableAsync(CancellationToken) cancellationToken",
                "StreamConnection.ReceiveAsync(Memory<byte>, TimeSpan, CancellationToken) cancellationToken",
                "StreamConnection.ReceiveExactlyAsync(Memory<byte>, TimeSpan, CancellationToken) cancellationToken",
                "StreamConnection.RelayAsync(StreamConnection, StreamConnection, CancellationToken) cancellationToken",
                "StreamConnection.TryReceiveExactlyAsync(Memory<byte>, CancellationToken) cancellationToken",
                "StreamConnection.TryReceiveExactlyAsync(Memory<byte>, TimeSpan, CancellationToken) cancellationToken",
            ]),
        (
            [new("HandleFaultTests", "A_closed_socket_is_refused_wherever_one_is_taken")],
            [
                "SocketOption<T>.GetFrom(Socket) socket",
                "SocketOption<T>.SetOn(Socket, T) socket",
                "TcpConnection.FromSocket(Socket, TcpClientOptions, bool) connected",
                "TcpServer.FromSocket(Socket, TcpServerOptions, bool) listening",
                "UdpEndpoint.FromSocket(Socket, UdpEndpointOptions, bool) socket",
                "UnixConnection.FromSocket(Socket, UnixClientOptions, bool) connected",
                "UnixDatagramEndpoint.FromSocket(Socket, UnixDatagramOptions, bool) socket",
                "UnixSequencedServer.FromSocket(Socket, UnixSequencedServerOptions, bool) listening",
                "UnixServer.FromSocket(Socket, UnixServerOptions, bool) listening",
            ]),
        (
            [new("FromSocketTests", "What_a_logger_throws_costs_its_lines_only_and_Configure_is_not_called")],
            [
                "TcpConnection.FromSocket(Socket, TcpClientOptions, bool) options",
                "TcpServer.FromSocket(Socket, TcpServerOptions, bool) options",
                "UdpEndpoint.FromSocket(Socket, UdpEndpointOptions, bool) options",
                "UnixConnection.FromSocket(Socket, UnixClientOptions, bool) options",
                "UnixDatagramEndpoint.FromSocket(Socket, UnixDatagramOptions, bool) options",
            ]),
        (
            [new("KeepConnectedFaultTests", "What_the_application_throws_costs_at_most_its_own_connection")],
            [
                "TcpClient.KeepConnectedAsync(IPEndPoint, Func<TcpClient, CancellationToken, Task>, "
                    + "TcpClientOptions, CancellationToken) handler",
                "TcpClient.KeepConnectedAsync(string, int, Func<TcpClient, CancellationToken, Task>, "
                    + "TcpClientOptions, CancellationToken) handler",
                "TcpClientOptions.HandlerFailed",
                "TcpClientOptions.IsPeerFault",
                "UnixClient.KeepConnectedAsync(string, Func<UnixClient, CancellationToken, Task>, "
                    + "UnixClientOptions, CancellationToken) handler",
                "UnixClientOptions.HandlerFailed",
                "UnixClientOptions.IsPeerFault",
            ]),
        (
            [new("KeepConnectedFaultTests", "What_an_option_throws_ends_it_as_it_is")],
            [
                "RetryOptions.Random",
                "TcpClient.KeepConnectedAsync(IPEndPoint, Func<TcpClient, CancellationToken, Task>, "
                    + "TcpClientOptions, CancellationToken) options",
                "TcpClient.KeepConnectedAsync(string, int, Func<TcpClient, CancellationToken, Task>, "
                    + "TcpClientOptions, CancellationToken) options",
                "UnixClient.KeepConnectedAsync(string, Func<UnixClient, CancellationToken, Task>, "
                    + "UnixClientOptions, CancellationToken) options",
            ]),
        (
            [new("KeepConnectedFaultTests", "A_token_whose_callbacks_throw_ends_it_all_the_same")],
            [
                "TcpClient.KeepConnectedAsync(IPEndPoint, Func<TcpClient, CancellationToken, Task>, TcpClientOptions, CancellationToken) "
                    + "cancellationToken",
                "TcpClient.KeepConnectedAsync(string, int, Func<TcpClient, CancellationToken, Task>, TcpClientOptions, CancellationToken) "
                    + "cancellationToken",
                "UnixClient.KeepConnectedAsync(string, Func<UnixClient, CancellationToken, Task>, UnixClientOptions, CancellationToken) "
                    + "cancellationToken",
            ]),
        (
            [new("OptionFaultTests", "What_Configure_throws_comes_out_of_every_factory_call_as_it_is")],
            [
                "SocketOptions.Configure",
            ]),
        (
            [
                new("OptionFaultTests", "What_a_logger_throws_costs_its_lines_only"),
                new("Serving/CallerFaultTests", "What_the_application_throws_costs_at_most_its_own_connection"),
            ],
            [
                "SocketOptions.LoggerFactory",
            ]),
        (
            [new("StreamMemoryTests", "A_receive_throws_what_its_memory_throws_and_the_next_one_gets_the_data")],
            [
                "StreamConnection.PeekAsync(Memory<byte>, CancellationToken) buffer",
                "StreamConnection.ReceiveAsync(Memory<byte>, CancellationToken) buffer",
                "StreamConnection.ReceiveAsync(Memory<byte>, TimeSpan, CancellationToken) buffer",
            ]),
        (
            [
                new("StreamMemoryTests", "A_receive_throws_what_its_memory_throws_and_the_next_one_gets_the_data"),
                new("StreamMemoryTests", "An_exact_receive_that_has_a_part_throws_what_its_memory_throws_and_the_rest_can_be_received"),
            ],
            [
                "StreamConnection.ReceiveExactlyAsync(Memory<byte>, CancellationToken) buffer",
                "StreamConnection.ReceiveExactlyAsync(Memory<byte>, TimeSpan, CancellationToken) buffer",
                "StreamConnection.TryReceiveExactlyAsync(Memory<byte>, CancellationToken) buffer",
                "StreamConnection.TryReceiveExactlyAsync(Memory<byte>, TimeSpan, CancellationToken) buffer",
            ]),
        (
            [
                new("StreamMemoryTests", "A_send_throws_what_its_memory_throws_and_the_next_one_goes_out"),
                new("StreamMemoryTests", "A_send_that_queues_throws_what_its_memory_throws_and_the_next_one_goes_out"),
                new("StreamMemoryTests", "A_send_that_is_cut_by_its_memory_ends_the_message_and_the_close_is_a_reset"),
            ],
            [
                "StreamConnection.SendAsync(ReadOnlyMemory<byte>, CancellationToken) data",
                "StreamConnection.SendAsync(ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, CancellationToken) body",
                "StreamConnection.SendAsync(ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, CancellationToken) header",
            ]),
        (
            [
                new("StreamMemoryTests", "A_send_throws_what_its_memory_throws_and_the_next_one_goes_out"),
                new("StreamMemoryTests", "A_sequence_whose_second_segment_throws_says_so_and_the_connection_stays"),
                new("StreamMemoryTests", "What_queues_behind_a_message_that_its_memory_ended_goes_out_or_hears_why"),
                new("StreamMemoryTests", "A_send_that_is_cut_by_its_memory_ends_the_message_and_the_close_is_a_reset"),
            ],
            [
                "StreamConnection.SendAsync(ReadOnlySequence<byte>, CancellationToken) data",
            ]),
        (
            [
                new("HandleFaultTests", "A_closed_file_is_refused_and_the_connection_stays"),
                new("HandleFaultTests", "A_file_that_is_closed_while_its_send_queues_says_so_and_the_next_one_goes_out"),
            ],
            [
                "StreamConnection.SendFileAsync(SafeFileHandle, long, long?, CancellationToken) file",
            ]),
        (
            [
                new("TokenFaultTests", "Every_accept_is_cancelled_and_the_next_one_gets_the_client"),
                new("TokenFaultTests", "What_the_consumer_of_AcceptAllAsync_throws_comes_out_and_the_server_accepts_on"),
            ],
            [
                "StreamServer<TConnection>.AcceptAllAsync(CancellationToken) cancellationToken",
            ]),
        (
            [new("TokenFaultTests", "Every_accept_is_cancelled_and_the_next_one_gets_the_client")],
            [
                "StreamServer<TConnection>.AcceptAsync(CancellationToken) cancellationToken",
                "StreamServer<TConnection>.AcceptAsync(TimeSpan, CancellationToken) cancellationToken",
            ]),
        (
            [new("Serving/CallerFaultTests", "What_the_application_throws_costs_at_most_its_own_connection")],
            [
                "StreamServer<TConnection>.ServeAsync(Func<TConnection, CancellationToken, Task>, CancellationToken) cancellationToken",
                "StreamServer<TConnection>.ServeAsync(Func<TConnection, CancellationToken, Task>, CancellationToken) handler",
                "StreamServer<TConnection>.StopAsync(CancellationToken) cancellationToken",
                "StreamServer<TConnection>.StopAsync(TimeSpan, CancellationToken) cancellationToken",
                "TcpServerOptions.AddressFilter",
                "TcpServerOptions.HandlerFailed",
                "TcpServerOptions.IsPeerFault",
            ]),
        (
            [
                new("EndPointFaultTests", "Clients_connect_to_it_and_from_it_in_every_shape"),
                new("EndPointFaultTests", "A_refused_connect_to_it_tells_the_systems_error"),
            ],
            [
                "TcpClient.Connect(IPEndPoint, TcpClientOptions) remote",
                "TcpClient.ConnectAsync(IPEndPoint, TcpClientOptions, CancellationToken) remote",
                "TcpClient.KeepConnectedAsync(IPEndPoint, Func<TcpClient, CancellationToken, Task>, "
                    + "TcpClientOptions, CancellationToken) remote",
                "TcpClient.TryConnect(IPEndPoint, TcpClientOptions) remote",
                "TcpClient.TryConnectAsync(IPEndPoint, TcpClientOptions, CancellationToken) remote",
            ]),
        (
            [new("OptionFaultTests", "What_AddressFilter_throws_comes_out_of_the_connect")],
            [
                "TcpClientOptions.AddressFilter",
            ]),
        (
            [
                new("EndPointFaultTests", "Clients_connect_to_it_and_from_it_in_every_shape"),
                new("EndPointFaultTests", "The_families_of_local_and_remote_are_compared_without_it"),
            ],
            [
                "TcpClientOptions.LocalEndPoint",
            ]),
        (
            [new("EndPointFaultTests", "Servers_and_endpoints_bind_to_it")],
            [
                "TcpServer.Listen(IPEndPoint, TcpServerOptions) local",
                "UdpEndpoint.Bind(IPEndPoint, UdpEndpointOptions) local",
            ]),
        (
            [new("HandleFaultTests", "A_receive_of_handles_throws_what_its_memory_throws_and_the_handles_stay")],
            [
                "UnixConnection.ReceiveHandlesAsync(Memory<byte>, CancellationToken) buffer",
            ]),
        (
            [new("TokenFaultTests", "A_receive_of_handles_is_cancelled_and_the_next_one_gets_the_data")],
            [
                "UnixConnection.ReceiveHandlesAsync(Memory<byte>, CancellationToken) cancellationToken",
            ]),
        (
            [new("TokenFaultTests", "Every_send_that_queues_is_cancelled_and_the_next_one_goes_out")],
            [
                "StreamConnection.SendAsync(ReadOnlyMemory<byte>, ReadOnlyMemory<byte>, CancellationToken) cancellationToken",
                "StreamConnection.WaitWritableAsync(CancellationToken) cancellationToken",
            ]),
        (
            [new("TlsOptionsTests", "Disposed_certificates_are_refused_at_once")],
            [
                "TlsCertificate.From(X509Certificate2, X509Certificate2Collection) chain",
                "TlsCertificate.Replace(X509Certificate2, X509Certificate2Collection) chain",
                "TlsClientOptions.TrustedRoots",
                "TlsServerOptions.TrustedRoots",
            ]),
        (
            [
                new("UpgradeTests", "A_token_that_fires_during_the_handshake_aborts_the_connection_and_one_that_fired_before_does_nothing"),
            ],
            [
                "StreamConnection.UpgradeToTlsAsync(TlsClientOptions, CancellationToken) cancellationToken",
                "StreamConnection.UpgradeToTlsAsync(TlsServerOptions, CancellationToken) cancellationToken",
            ]),
        (
            [new("ClientCertificatesTests", "A_check_of_the_callers_that_throws_means_no_and_is_the_cause")],
            [
                "TlsClientOptions.DangerousServerCertificateValidation",
                "TlsServerOptions.DangerousClientCertificateValidation",
            ]),
        (
            [new("HandleFaultTests", "A_send_of_handles_throws_what_its_memory_throws_and_the_next_one_goes_out")],
            [
                "UnixConnection.SendHandlesAsync(ReadOnlyMemory<byte>, IReadOnlyList<SafeHandle>, CancellationToken) data",
            ]),
        (
            [new("HandleFaultTests", "A_send_of_handles_that_waits_is_cancelled_and_the_next_one_goes_out")],
            [
                "UnixConnection.SendHandlesAsync(ReadOnlyMemory<byte>, IReadOnlyList<SafeHandle>, CancellationToken) cancellationToken",
            ]),
        (
            [new("HandleFaultTests", "A_closed_handle_is_not_passed_on_and_the_connection_stays")],
            [
                "UnixConnection.SendHandles(ReadOnlySpan<byte>, ReadOnlySpan<SafeHandle>) handles",
                "UnixConnection.SendHandlesAsync(ReadOnlyMemory<byte>, IReadOnlyList<SafeHandle>, CancellationToken) handles",
            ]),
        (
            [new("Serving/CallerFaultTests", "What_AllowedUserIds_throws_comes_out_of_the_factory_call_and_nothing_is_left")],
            [
                "UnixServer.FromSocket(Socket, UnixServerOptions, bool) options",
                "UnixServerOptions.AllowedUserIds",
            ]),
        (
            [
                new("SequencedServerTests", "What_AllowedUserIds_throws_comes_out_and_nothing_is_left"),
            ],
            [
                "UnixSequencedServer.FromSocket(Socket, UnixSequencedServerOptions, bool) options",
                "UnixSequencedServerOptions.AllowedUserIds",
            ]),
        (
            [new("UnixServerFaultTests", "What_the_application_throws_costs_at_most_its_own_connection")],
            [
                "UnixServerOptions.HandlerFailed",
                "UnixServerOptions.IsPeerFault",
            ]),
    ];

    /// <summary>The tests by what is handed over.</summary>
    public static IReadOnlyDictionary<string, Test[]> Rows { get; } = s_table.Concat(Datagrams)
        .SelectMany(static row => row.Inputs.Select(input => (Input: input, row.Tests)))
        .ToDictionary(static row => row.Input, static row => row.Tests);

    /// <param name="Class">The test class, which is its file's name; with the folder before it where two have the same.</param>
    /// <param name="Method">The test.</param>
    internal sealed record Test(string Class, string Method);
}

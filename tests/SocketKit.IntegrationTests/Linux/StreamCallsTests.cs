using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

[SupportedOSPlatform("linux")]
public sealed class StreamCallsTests
{
    /// <summary>POLLHUP (bits/poll.h).</summary>
    private const short PollHup = 0x10;

    private const int Closed = -1;

    private static readonly int s_hang = (int)Limits.Hang.TotalMilliseconds;

    [LinuxFact]
    public void Bytes_go_through_and_a_peek_leaves_them()
    {
        using SocketFixture pair = SocketFixture.Pair();
        byte[] buffer = new byte[8];

        StreamCalls.Send(pair.A, "abc"u8, wait: false, out SocketError error).Should().Be(3);
        error.Should().Be(SocketError.Success);

        StreamCalls.Receive(pair.B, buffer, wait: false, peek: true, out error).Should().Be(3);
        StreamCalls.Receive(pair.B, buffer, wait: true, peek: false, out error).Should().Be(3);
        error.Should().Be(SocketError.Success);
        buffer.AsSpan(0, 3).SequenceEqual("abc"u8).Should().BeTrue();
    }

    [LinuxFact]
    public void Without_waiting_a_blocking_descriptor_does_not_block()
    {
        using SocketFixture pair = SocketFixture.Pair();
        DescriptorFlags.IsNonBlocking(pair.First).Should().BeFalse();

        StreamCalls.Receive(pair.A, new byte[1], wait: false, peek: false, out SocketError error).Should().Be(-1);
        error.Should().Be(SocketError.WouldBlock);

        byte[] large = new byte[1 << 20];
        while (StreamCalls.Send(pair.A, large, wait: false, out error) > 0)
        {
        }

        error.Should().Be(SocketError.WouldBlock);
    }

    [LinuxFact]
    public async Task With_waiting_a_receive_lasts_until_bytes_come()
    {
        using SocketFixture pair = SocketFixture.Pair();
        Task<int> receiving = Limits.OnThread(() => StreamCalls.Receive(pair.A, new byte[4], wait: true, peek: false, out _));

        StreamCalls.Send(pair.B, "ab"u8, wait: true, out _).Should().Be(2);

        (await receiving.Within()).Should().Be(2);
    }

    [LinuxFact]
    public void Empty_spans_are_no_error()
    {
        using SocketFixture pair = SocketFixture.Pair();
        StreamCalls.Send(pair.A, [], wait: false, out SocketError error).Should().Be(0);
        error.Should().Be(SocketError.Success);
        StreamCalls.SendGathered(pair.A, [], out error).Should().Be(0);
        error.Should().Be(SocketError.Success);
        StreamCalls.SendGathered(pair.A, [default, ArraySegment<byte>.Empty], out error).Should().Be(0);
        error.Should().Be(SocketError.Success);
    }

    [LinuxFact]
    public void Gathered_segments_arrive_in_their_order()
    {
        using SocketFixture pair = SocketFixture.Pair();
        byte[] source = [.. Enumerable.Range(0, 200).Select(static i => (byte)i)];

        // Out of the middle of one array, with empty ones and one without an array between.
        ArraySegment<byte>[] segments = [new(source, 10, 50), default, new(source, 60, 0), new(source, 60, 100)];
        StreamCalls.SendGathered(pair.A, segments, out SocketError error).Should().Be(150);
        StreamCalls.SendGathered(pair.A, [new ArraySegment<byte>(source, 160, 5)], out error).Should().Be(5);

        byte[] buffer = new byte[200];
        StreamCalls.Receive(pair.B, buffer, wait: false, peek: false, out error).Should().Be(155);
        buffer.AsSpan(0, 155).SequenceEqual(source.AsSpan(10, 155)).Should().BeTrue();
    }

    [LinuxFact]
    public void More_segments_than_the_kernel_takes_go_in_part()
    {
        using SocketFixture pair = SocketFixture.Pair();
        ArraySegment<byte>[] segments = [.. Enumerable.Repeat(new ArraySegment<byte>([1]), 3000)];
        StreamCalls.SendGathered(pair.A, segments, out _).Should().Be(KernelLimits.Segments);
    }

    [LinuxFact]
    public void A_send_to_nobody_is_an_error_and_no_signal()
    {
        using SocketFixture pair = SocketFixture.Pair();
        pair.Second.Dispose();
        StreamCalls.Send(pair.A, "x"u8, wait: true, out SocketError error).Should().Be(-1);
        error.Should().Be(SocketError.Shutdown);
        StreamCalls.SendGathered(pair.A, [new byte[1], new byte[1]], out error).Should().Be(-1);
        error.Should().Be(SocketError.Shutdown);
    }

    [LinuxFact]
    public void A_poll_tells_what_happened_or_ends_at_its_time()
    {
        using SocketFixture pair = SocketFixture.Pair();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        StreamCalls.Poll(pair.A, StreamCalls.PollIn, 200).Should().Be(0);
        clock.ElapsedMilliseconds.Should().BeGreaterThanOrEqualTo(200);

        StreamCalls.Poll(pair.A, StreamCalls.PollIn | StreamCalls.PollOut, -1).Should().Be(StreamCalls.PollOut);
        pair.Second.Send("x"u8);
        StreamCalls.Poll(pair.A, StreamCalls.PollIn | StreamCalls.PollOut, 0).Should().Be(StreamCalls.PollIn | StreamCalls.PollOut);
        pair.Second.Dispose();
        StreamCalls.Poll(pair.A, StreamCalls.PollIn, s_hang).Should().Be((short)(StreamCalls.PollIn | PollHup));
    }

    [LinuxFact]
    public void The_end_of_the_stream_follows_a_shutdown()
    {
        using SocketFixture pair = SocketFixture.Tcp();
        StreamCalls.ShutdownSend(pair.A).Should().Be(SocketError.Success);
        StreamCalls.Receive(pair.B, new byte[1], wait: true, peek: false, out SocketError error).Should().Be(0);
        error.Should().Be(SocketError.Success);

        StreamCalls.Send(pair.B, "x"u8, wait: true, out _).Should().Be(1);
        StreamCalls.Receive(pair.A, new byte[1], wait: true, peek: false, out _).Should().Be(1);
    }

    [LinuxFact]
    public async Task A_shutdown_of_both_directions_ends_a_wait()
    {
        using SocketFixture pair = SocketFixture.Tcp();
        Task<int> receiving = Limits.OnThread(() => StreamCalls.Receive(pair.A, new byte[1], wait: true, peek: false, out _));
        StreamCalls.ShutdownBoth(pair.A).Should().Be(SocketError.Success);
        (await receiving.Within()).Should().Be(0);
    }

    [LinuxFact]
    public async Task A_disconnect_resets_the_connection_and_ends_a_wait()
    {
        using SocketFixture pair = SocketFixture.Tcp();
        Task<int> polling = Limits.OnThread(() => StreamCalls.Poll(pair.A, StreamCalls.PollIn, -1));

        StreamCalls.Disconnect(pair.A);

        (await polling.Within()).Should().NotBe(0);
        StreamCalls.Receive(pair.B, new byte[1], wait: true, peek: false, out SocketError error).Should().Be(-1);
        error.Should().Be(SocketError.ConnectionReset);
    }

    [LinuxFact]
    public void A_disconnect_of_a_Unix_socket_ends_both_directions()
    {
        using SocketFixture pair = SocketFixture.Pair();
        StreamCalls.Disconnect(pair.A);
        StreamCalls.Receive(pair.B, new byte[1], wait: true, peek: false, out _).Should().Be(0);
    }

    [LinuxFact]
    public void A_close_resets_the_connection_if_told_so()
    {
        using SocketFixture pair = SocketFixture.Tcp();
        int copy = StreamCalls.Duplicate(pair.A, out SocketError error);
        error.Should().Be(SocketError.Success);
        copy.Should().BeGreaterThan(2).And.NotBe(pair.A);
        pair.First.Dispose();
        StreamCalls.Send(copy, "x"u8, wait: true, out _).Should().Be(1, "the duplicate is the same connection");

        StreamCalls.ResetOnClose(copy);
        StreamCalls.Close(copy);

        StreamCalls.Poll(pair.B, PollHup, s_hang).Should().Be((short)(StreamCalls.PollErr | PollHup));
        StreamCalls.Receive(pair.B, new byte[1], wait: false, peek: false, out error).Should().Be(1, "what came before is still there");
        StreamCalls.Receive(pair.B, new byte[1], wait: false, peek: true, out error).Should().Be(-1);
        error.Should().Be(SocketError.ConnectionReset);
        StreamCalls.Receive(pair.B, new byte[1], wait: false, peek: true, out _).Should().Be(0, "the error is told once, also to a peek");
    }

    [LinuxFact]
    public void A_connection_is_made_and_accepted_without_waiting()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        DescriptorFlags.SetNonBlocking(listener, true);
        int listening = (int)listener.SafeHandle.DangerousGetHandle();
        byte[] name = new byte[StreamCalls.LongestAddress];
        StreamCalls.Accept(listening, name, out int length, out SocketError error).Should().Be(-1);
        error.Should().Be(SocketError.WouldBlock);

        using Socket client = NonBlocking(out int fd);
        StreamCalls.Connect(fd, listener.LocalEndPoint!.Serialize().Buffer.Span[..16]).Should().Be(SocketError.InProgress);
        StreamCalls.Poll(fd, StreamCalls.PollOut, s_hang).Should().Be(StreamCalls.PollOut);
        client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error).Should().Be(0);

        StreamCalls.Poll(listening, StreamCalls.PollIn, s_hang).Should().Be(StreamCalls.PollIn);
        int accepted = StreamCalls.Accept(listening, name, out length, out error);
        error.Should().Be(SocketError.Success);
        byte[] own = new byte[StreamCalls.LongestAddress];
        name.AsSpan(0, length).SequenceEqual(own.AsSpan(0, StreamCalls.AddressOf(fd, ofPeer: false, own)))
            .Should().BeTrue("it names the peer");
        using var connection = new Socket(new SafeSocketHandle(accepted, ownsHandle: true));
        Libc.fcntl(accepted, 1, 0).Should().Be(Libc.FD_CLOEXEC, "F_GETFD, fcntl(2)");
        StreamCalls.Send(accepted, "x"u8, wait: false, out _).Should().Be(1);
        StreamCalls.Poll(fd, StreamCalls.PollIn, s_hang).Should().Be(StreamCalls.PollIn);
    }

    [LinuxFact]
    public void A_refused_connection_leaves_its_error()
    {
        // Bound and not listening: the system refuses, and gives the port to nobody else.
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using Socket client = NonBlocking(out int fd);

        StreamCalls.Connect(fd, taken.LocalEndPoint!.Serialize().Buffer.Span[..16]).Should().Be(SocketError.InProgress);

        StreamCalls.Poll(fd, StreamCalls.PollOut, s_hang).Should().Be((short)(StreamCalls.PollOut | StreamCalls.PollErr | PollHup));
        client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error).Should().Be((int)SocketError.ConnectionRefused);
    }

    [LinuxFact]
    public void No_call_throws_on_a_descriptor_that_is_none()
    {
        StreamCalls.Receive(Closed, new byte[1], wait: true, peek: false, out SocketError error).Should().Be(-1);
        error.Should().Be(SocketError.OperationAborted);
        StreamCalls.Send(Closed, new byte[1], wait: true, out error).Should().Be(-1);
        error.Should().Be(SocketError.OperationAborted);
        StreamCalls.SendGathered(Closed, [new byte[1], new byte[1]], out error).Should().Be(-1);
        error.Should().Be(SocketError.OperationAborted);
        StreamCalls.Accept(Closed, [], out _, out error).Should().Be(-1);
        error.Should().Be(SocketError.OperationAborted);
        StreamCalls.Duplicate(Closed, out error).Should().Be(-1);
        error.Should().Be(SocketError.OperationAborted);
        StreamCalls.Connect(Closed, new byte[16]).Should().Be(SocketError.OperationAborted);
        StreamCalls.LingerOf(Closed).Should().Be(-1);
        StreamCalls.ShutdownSend(Closed).Should().Be(SocketError.OperationAborted);
        StreamCalls.ShutdownBoth(Closed).Should().Be(SocketError.OperationAborted);
        StreamCalls.Disconnect(Closed);
        StreamCalls.ResetOnClose(Closed);
        StreamCalls.Close(Closed);
    }

    private static Socket NonBlocking(out int fd)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        DescriptorFlags.SetNonBlocking(socket, true);
        fd = (int)socket.SafeHandle.DangerousGetHandle();
        return socket;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>An edge comes once: whoever stops reading or writing before the kernel is empty or full has to know it himself.</summary>
public sealed class EdgeTests : EngineTests<OneLoopUnderTest>
{
    /// <summary>TCP_CORK (tcp(7)): holds data back until the end goes out with it, in one segment.</summary>
    private const int Cork = 3;

    [LinuxFact]
    public async Task Data_and_the_end_in_one_segment_are_both_received()
    {
        const int Buffer = 64;
        byte[] one = [1];
        using TcpServer server = Listen();
        for (int count = 1; count <= Buffer; count++)
        {
            using PlainPeer peer = PlainPeer.ConnectTo(server.LocalEndPoint);
            using TcpConnection connection = server.Accept();
            Task<(int Bytes, int End)> reading = ReadAsync(connection, new byte[Buffer]);
            peer.Socket.SetRawSocketOption((int)ProtocolType.Tcp, Cork, BitConverter.GetBytes(1));
            peer.Socket.Send(Payload.Of(count));

            peer.Socket.Shutdown(SocketShutdown.Send);

            (await reading.Within()).Should().Be((count, 0));

            // Only their direction has ended.
            await connection.SendAsync(one).Within();
            peer.Read(1).Should().Equal(one);
        }

        static async Task<(int Bytes, int End)> ReadAsync(TcpConnection connection, byte[] buffer)
        {
            int bytes = await connection.ReceiveAsync(buffer).ConfigureAwait(false);
            return (bytes, await connection.ReceiveAsync(buffer).ConfigureAwait(false));
        }
    }

    [Theory]
    [InlineData(1, 200_000)]
    [InlineData(100, 4_000_000)]
    [InlineData(64 * 1024, 64_000_000)]
    public async Task A_sender_that_is_faster_than_the_budget_of_a_turn_loses_no_byte(int buffer, int total)
    {
        using TcpServer server = Listen();
        var read = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        byte[] pattern = Payload.Of(1024 * 1024);
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            byte[] bytes = new byte[buffer];
            long place = 0;
            bool isSame = true;
            int received;
            while ((received = await connection.ReceiveAsync(bytes, token)) > 0)
            {
                int first = (int)(place % pattern.Length);
                int part = Math.Min(received, pattern.Length - first);
                isSame &= bytes.AsSpan(0, part).SequenceEqual(pattern.AsSpan(first, part))
                    && bytes.AsSpan(part, received - part).SequenceEqual(pattern.AsSpan(0, received - part));
                place += received;
            }

            read.SetResult(isSame && place == total);
        });
        using TcpClient client = Connect(server);

        await Limits.OnThread(() =>
        {
            for (int sent = 0; sent < total;)
            {
                int first = sent % pattern.Length;
                sent += client.Send(pattern.AsSpan(first, Math.Min(pattern.Length - first, total - sent)));
            }

            client.ShutdownSend();
        }).Within();

        (await read.Task.Within()).Should().BeTrue("each byte comes once and in its place");
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task Every_send_that_met_a_full_kernel_ends_when_the_peer_reads()
    {
        const int Peers = 16;
        const int Rounds = 5;
        byte[] large = Payload.Of(512 * 1024);
        TcpServerOptions options = ServerOptions;
        options.SendBufferSize = 16 * 1024;
        using TcpServer server = Listen(options);
        for (int round = 0; round < Rounds; round++)
        {
            PlainPairUnderTest[] pairs = [.. Enumerable.Range(0, Peers).Select(_ => new PlainPairUnderTest(
                PlainPeer.ConnectTo(server.LocalEndPoint, static socket => socket.ReceiveBufferSize = 16 * 1024), server.Accept()))];
            Task<int>[] sends = [.. pairs.Select(pair => SendAllAsync(pair.Connection, large))];
            sends.Should().OnlyContain(static send => !send.IsCompleted, "or the kernel was not full");

            PlainPeer.Ending[] ends = await Task.WhenAll(pairs.Select(static pair => pair.Peer.ReadToEnd())).Within();

            ends.Should().OnlyContain(end => end.IsFinish && end.Bytes == large.Length);
            (await Task.WhenAll(sends).Within()).Should().OnlyContain(sent => sent == large.Length);
            Array.ForEach(pairs, static pair => pair.Dispose());
        }

        static async Task<int> SendAllAsync(TcpConnection connection, byte[] data)
        {
            int sent = 0;
            for (int part = data.Length / 4; sent < data.Length; sent += part)
            {
                await connection.SendAsync(data.AsMemory(sent, part)).ConfigureAwait(false);
            }

            connection.ShutdownSend();
            return sent;
        }
    }

    /// <summary>The peer reads all the time, so that the room comes at every moment between EAGAIN and the wait.</summary>
    [Fact]
    public async Task Sends_that_meet_a_full_kernel_while_the_peer_reads_miss_no_room()
    {
        const int Waits = 1_000;
        const int Large = 64 * 1024;
        TcpServerOptions options = ServerOptions;
        options.SendBufferSize = 16 * 1024;
        using TcpServer server = Listen(options);
        using var pair = new PlainPairUnderTest(
            PlainPeer.ConnectTo(server.LocalEndPoint, static socket => socket.ReceiveBufferSize = 16 * 1024), server.Accept());
        Task<long> reading = Limits.OnThread(() =>
        {
            byte[] buffer = new byte[Large];
            long read = 0;
            int received;
            while ((received = pair.Peer.Socket.Receive(buffer)) > 0)
            {
                read += received;
            }

            return read;
        });

        // Not on the loop, which handles the edge meanwhile. How often the kernel is full depends on the machine.
        byte[] message = Payload.Of(Large);
        long sent = await Limits.OnThread(() =>
        {
            long sent = 0;
            for (int waited = 0; waited < Waits; sent += Large)
            {
                Task send = pair.Connection.SendAsync(message).AsTask();
                waited += send.IsCompleted ? 0 : 1;
                send.Wait(Limits.Hang).Should().BeTrue("room comes");
            }

            return sent;
        }).Within();

        pair.Connection.ShutdownSend();
        (await reading.Within()).Should().Be(sent);
    }

    [Fact]
    public async Task A_second_receive_is_refused_while_one_waits_which_is_not_disturbed()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[1];
        Task<int> waiting = pair.Accepted.ReceiveAsync(buffer).AsTask();

        (await Expect.Failure(pair.Accepted.ReceiveAsync(new byte[1]).AsTask())).Should().BeOfType<InvalidOperationException>()
            .Which.Message.Should().Contain("another receive");
        Record.Exception(() => pair.Accepted.Receive(new byte[1])).Should().BeOfType<InvalidOperationException>();
        pair.Client.Send("x"u8);

        (await waiting.Within()).Should().Be(1);
        buffer.Should().Equal((byte)'x');
    }

    /// <summary>
    /// The source behind the task serves one receive after another, so a second await must not be taken for the next one's.
    /// </summary>
    [LinuxFact]
    [SuppressMessage("Reliability", "CA2012", Justification = "What the rule forbids is what is tested.")]
    public async Task Awaiting_a_receive_twice_is_refused_and_disturbs_neither_it_nor_the_next_ones()
    {
        const int Receives = 100;
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[1];
        ValueTask<int> last = pair.Accepted.ReceiveAsync(buffer);
        Task<int> reading = last.AsTask();
        for (int i = 0; i < Receives; i++)
        {
            reading.IsCompleted.Should().BeFalse("or it did not have to wait");
            await IsRefusedAsync(last);

            pair.Client.Send([(byte)i]);
            (await reading.Within()).Should().Be(1);
            buffer.Should().Equal((byte)i);
            Record.Exception(() => { _ = last.IsCompleted; }).Should().BeOfType<InvalidOperationException>();
            await IsRefusedAsync(last);

            ValueTask<int> next = pair.Accepted.ReceiveAsync(buffer);
            reading = next.AsTask();
            Record.Exception(() => { _ = last.IsCompleted; }).Should().BeOfType<InvalidOperationException>();
            await IsRefusedAsync(last);
            last = next;
        }

        // By AsTask, because an await makes an unhandled exception of what a source throws at its beginning.
        static async Task IsRefusedAsync(ValueTask<int> task)
        {
            Record.Exception(() => { _ = task.GetAwaiter().GetResult(); }).Should().BeOfType<InvalidOperationException>();
            (await Record.ExceptionAsync(async () => await task.AsTask().Within())).Should().BeOfType<InvalidOperationException>();
        }
    }
}

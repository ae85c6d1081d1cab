using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>Handles, sockets and memory of the caller's that are closed, before the call or while it waits for its turn.</summary>
[Collection(Serial.Name)]
public abstract class HandleFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public Task A_closed_file_is_refused_and_the_connection_stays() => NothingLeft.AfterAsync(async () =>
    {
        using TcpPairUnderTest pair = ConnectPair();
        SafeFileHandle file = OpenFile();
        file.Dispose();

        (await NothingLeft.FailureOf(() => pair.Accepted.SendFileAsync(file).AsTask())).Should().BeOfType<ArgumentException>();

        await pair.Accepted.SendAsync("next"u8.ToArray()).Within();
        await pair.Client.ReceiveExactlyAsync(new byte[4]).Within();
    });

    [LinuxFact]
    public Task A_file_that_is_closed_while_its_send_queues_says_so_and_the_next_one_goes_out() => NothingLeft.AfterAsync(async () =>
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SafeFileHandle file = OpenFile();
        Task first = pair.Accepted.SendAsync(new byte[8 * 1024 * 1024]).AsTask();
        first.IsCompleted.Should().BeFalse("or the kernel is not full");
        Task second = pair.Accepted.SendFileAsync(file).AsTask();
        Task third = pair.Accepted.SendAsync("next"u8.ToArray()).AsTask();
        file.Dispose();
        Task<byte[]> read = pair.Client.ReadToEnd();

        await first.Within();
        (await Expect.Failure(second))
            .Should().BeOfType<ArgumentException>("it is the file that was closed").Which.ParamName.Should().Be("file");
        await third.Within();
        pair.Accepted.ShutdownSend();
        (await read.Within())[^4..].Should().Equal("next"u8.ToArray());
    });

    [LinuxFact]
    public Task A_closed_handle_is_not_passed_on_and_the_connection_stays() => NothingLeft.AfterAsync(() =>
    {
        (UnixConnection first, UnixConnection second) = Pair();
        using (first)
        using (second)
        using (SafeFileHandle open = OpenFile())
        {
            SafeFileHandle closed = OpenFile();
            closed.Dispose();
            using var invalid = new SafeFileHandle();
            SafeHandle[][] wrong = [[closed], [open, closed], [invalid], [null!]];
            foreach (SafeHandle[] handles in wrong)
            {
                Record.Exception(() => first.SendHandles("x"u8, handles)).Should().BeOfType<ArgumentException>();
                Action send = () => _ = first.SendHandlesAsync(new byte[1], handles).AsTask();
                send.Should().ThrowExactly<ArgumentException>();
            }

            second.TryReceiveHandles(new byte[1], out _).Should().BeFalse();
            first.SendHandles("x"u8, open);
            using ReceivedHandles received = second.ReceiveHandles(new byte[1]);
            received.Handles.Should().HaveCount(1);
        }

        return Task.CompletedTask;
    });

    [LinuxTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public Task A_send_of_handles_throws_what_its_memory_throws_and_the_next_one_goes_out(int accesses) =>
        NothingLeft.AfterAsync(async () =>
    {
        (UnixConnection first, UnixConnection second) = Pair();
        using (first)
        using (second)
        using (SafeFileHandle file = OpenFile())
        using (var memory = new ThrowingOwner())
        {
            memory.Owner.LetGoAfter(accesses);

            Exception? failure = await NothingLeft.FailureOf(() => first.SendHandlesAsync(memory.Handed, [file]).AsTask());

            (failure is null).Should().Be(accesses > 0, "the memory is read once");
            await first.SendAsync("next"u8.ToArray()).Within();
            byte[] buffer = new byte[8];
            using ReceivedHandles received = await second.ReceiveHandlesAsync(buffer).Within();
            received.Handles.Should().HaveCount(failure is null ? 1 : 0);
        }
    });

    [LinuxFact]
    public Task A_send_of_handles_that_waits_is_cancelled_and_the_next_one_goes_out() => NothingLeft.AfterAsync(async () =>
    {
        (UnixConnection first, UnixConnection second) = Pair();
        using (first)
        using (second)
        using (SafeFileHandle file = OpenFile())
        using (var source = new CancellationTokenSource())
        {
            source.Token.Register(static () => throw NothingLeft.Thrown());
            Task large = first.SendAsync(new byte[8 * 1024 * 1024]).AsTask();
            Task waiting = first.SendHandlesAsync(new byte[1], [file], source.Token).AsTask();
            Record.Exception(source.Cancel).Should().BeOfType<AggregateException>();
            await Expect.Canceled(waiting, source.Token);

            Task<byte[]> read = second.ReadToEnd();
            await large.Within();
            await first.SendAsync("next"u8.ToArray()).Within();
            first.ShutdownSend();
            (await read.Within()).Length.Should().Be((8 * 1024 * 1024) + 4);
        }
    });

    [LinuxTheory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public Task A_receive_of_handles_throws_what_its_memory_throws_and_the_handles_stay(int accesses, bool isThere) =>
        NothingLeft.AfterAsync(async () =>
    {
        (UnixConnection first, UnixConnection second) = Pair();
        using (first)
        using (second)
        using (SafeFileHandle file = OpenFile())
        using (var memory = new ThrowingOwner())
        {
            if (isThere)
            {
                first.SendHandles("x"u8, file);
            }

            memory.Owner.LetGoAfter(accesses);
            Task<ReceivedHandles> receive = Begin(second, memory.Handed);
            if (!isThere)
            {
                first.SendHandles("x"u8, file);
            }

            Exception? failure = await Expect.Failure(receive);
            (failure is null && accesses == 0).Should().BeFalse();
            if (failure is not null)
            {
                failure.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Be("The memory is gone.");
            }

            using ReceivedHandles received = failure is null ? await receive : await second.ReceiveHandlesAsync(new byte[1]).Within();
            received.Handles.Should().HaveCount(1);
        }
    });

    [LinuxFact]
    public Task A_closed_socket_is_refused_wherever_one_is_taken() => NothingLeft.AfterAsync(() =>
    {
        Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Dispose();
        Action[] calls =
        [
            () => TcpConnection.FromSocket(closed),
            () => TcpServer.FromSocket(closed),
            () => UdpEndpoint.FromSocket(closed),
            () => UnixConnection.FromSocket(closed),
            () => UnixServer.FromSocket(closed),
            () => UnixSequencedServer.FromSocket(closed),
            () => UnixDatagramEndpoint.FromSocket(closed),
            () => SocketOption.ReuseAddress.GetFrom(closed),
            () => SocketOption.ReuseAddress.SetOn(closed, true),
        ];
        foreach (Action call in calls)
        {
            Exception? failure = Record.Exception(call);
            (failure is ArgumentException or ObjectDisposedException).Should().BeTrue($"{failure}");
        }

        return Task.CompletedTask;
    });

    private static async Task<ReceivedHandles> Begin(UnixConnection connection, Memory<byte> memory) =>
        await connection.ReceiveHandlesAsync(memory);

    private (UnixConnection First, UnixConnection Second) Pair()
    {
        string name = AbstractName();
        using UnixServer server = ListenUnix(name);
        UnixClient client = ConnectUnix(name);
        return (client, server.Accept());
    }

    private SafeFileHandle OpenFile()
    {
        string path = PathOf("file");
        File.WriteAllText(path, "some content");
        return File.OpenHandle(path);
    }

    private sealed class ThrowingOwner : IDisposable
    {
        public ThrowingOwner() => Handed = Owner.Memory;

        public ThrowingMemory Owner { get; } = new(4);

        public Memory<byte> Handed { get; }

        public void Dispose() => ((IDisposable)Owner).Dispose();
    }
}

public sealed class HandleFaultTests_Portable : HandleFaultTests<PortableUnderTest>;

public sealed class HandleFaultTests_Epoll : HandleFaultTests<EpollUnderTest>;

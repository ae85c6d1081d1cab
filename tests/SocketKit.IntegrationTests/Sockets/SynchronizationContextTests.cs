using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>Async calls that somebody blocks on in a thread to which all continuations are posted, as in a user interface.</summary>
public abstract class SynchronizationContextTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Blocking_on_tcp_calls_does_not_deadlock()
    {
        byte[] buffer = new byte[16];
        await RunAsync(() =>
        {
            using TcpServer server = Listen();
            Task<TcpConnection> accept = server.AcceptAsync().AsTask();
            using TcpClient client = Await(TcpClient.ConnectAsync("localhost", server.Port, ClientOptions));
            using TcpConnection accepted = Await(accept);

            Task<int> receive = accepted.ReceiveAsync(buffer).AsTask();
            Await(client.SendAsync("hello"u8.ToArray()).AsTask());
            Await(receive).Should().Be(5);

            Task exactly = accepted.ReceiveExactlyAsync(buffer.AsMemory(0, 6)).AsTask();
            Await(client.SendAsync("abc"u8.ToArray()).AsTask());
            Await(client.SendAsync("def").AsTask());
            Await(exactly);

            byte[] large = Payload.Of(Payload.MoreThanKernelTakes);
            Task send = client.SendAsync(large).AsTask();
            Await(accepted.ReceiveExactlyAsync(new byte[large.Length]).AsTask());
            Await(send);

            accepted.ReceiveTimeout = TimeSpan.FromMilliseconds(50);
            Expect.Timeout(Record.Exception(() => Await(accepted.ReceiveAsync(buffer).AsTask())));
            using var source = new CancellationTokenSource();
            Task wait = client.WaitReadableAsync(source.Token).AsTask();
            source.Cancel();
            Record.Exception(() => Await(wait)).Should().BeAssignableTo<OperationCanceledException>();
        });
    }

    [Fact]
    public async Task Blocking_on_messages_and_pipes_does_not_deadlock() => await RunAsync(() =>
    {
        byte[] large = Payload.Of(Payload.MoreThanKernelTakes);
        using TcpPairUnderTest pair = ConnectPair();
        var options = new MessageOptions { MaxMessageSize = large.Length };
        MessageChannel client = pair.Client.GetMessages(MessageFraming.LengthPrefix(), options);
        MessageChannel accepted = pair.Accepted.GetMessages(MessageFraming.LengthPrefix(), options);
        Task<ReadOnlySequence<byte>?> receive = accepted.ReceiveAsync().AsTask();
        client.TrySend("small"u8).Should().BeTrue();
        Await(client.FlushAsync().AsTask());
        Await(receive)!.Value.Length.Should().Be(5);
        Task send = client.SendAsync(large).AsTask();
        Await(accepted.ReceiveAsync().AsTask())!.Value.Length.Should().Be(large.Length);
        Await(send);
        Await(client.DisposeAsync().AsTask());
        Await(accepted.ReceiveAsync().AsTask()).Should().BeNull();

        using TcpPairUnderTest other = ConnectPair();
        IDuplexPipe there = other.Client.GetPipe();
        IDuplexPipe here = other.Accepted.GetPipe();
        Task<ReadResult> read = here.Input.ReadAtLeastAsync(large.Length).AsTask();
        Await(there.Output.WriteAsync(large).AsTask()).IsCompleted.Should().BeFalse();
        Await(read).Buffer.Length.Should().Be(large.Length);
        Await(there.Output.CompleteAsync().AsTask());
    });

    [Fact]
    public async Task Blocking_on_the_stop_of_a_server_does_not_deadlock() => await RunAsync(() =>
    {
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] buffer = new byte[16];
            int received;
            while ((received = await connection.ReceiveAsync(buffer, token)) > 0)
            {
                await connection.SendAsync(buffer.AsMemory(0, received), token);
            }
        });
        using TcpClient client = Connect(server);
        client.Send("x"u8);
        client.Timeout = Limits.Hang;

        // The handler runs on the pool, so that an answer comes although this thread blocks.
        client.Receive(new byte[1]).Should().Be(1);
        Await(server.StopAsync(TimeSpan.Zero));
        Await(serving);
    });

    [Fact]
    public async Task Blocking_on_datagram_and_unix_calls_does_not_deadlock() => await RunAsync(() =>
    {
        byte[] buffer = new byte[16];
        using UdpEndpoint server = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = Engine });
        using UdpEndpoint client = Await(UdpEndpoint.ConnectAsync("localhost", server.Port, new UdpEndpointOptions { Engine = Engine }));
        Task<ReceivedDatagram> datagram = server.ReceiveFromAsync(buffer).AsTask();
        Await(client.SendAsync("hello"u8.ToArray()).AsTask());
        Await(datagram).Length.Should().Be(5);

        using UnixServer listener = ListenUnix(PathOf());
        Task<UnixConnection> accept = listener.AcceptAsync().AsTask();
        using UnixClient unixClient = Await(UnixClient.ConnectAsync(PathOf(), UnixClientOptions));
        using UnixConnection accepted = Await(accept);
        Task<int> receive = accepted.ReceiveAsync(buffer).AsTask();
        Await(unixClient.SendAsync("hi"u8.ToArray()).AsTask());
        Await(receive).Should().Be(2);
    });

    private static void Await(Task task)
    {
        ((IAsyncResult)task).AsyncWaitHandle.WaitOne(Limits.Hang).Should().BeTrue("the library must not need this thread");
        task.GetAwaiter().GetResult();
    }

    private static T Await<T>(Task<T> task)
    {
        Await((Task)task);
        return task.Result;
    }

    /// <summary>Runs the body on a thread whose context posts to that thread, which runs nothing while the body blocks it.</summary>
    private static async Task RunAsync(Action body) => await Limits.OnThread(() =>
    {
        using var context = new OneThread();
        SynchronizationContext.SetSynchronizationContext(context);
        body();
    }).WaitAsync(Limits.Hang * 2);

    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly ConcurrentQueue<(SendOrPostCallback Callback, object? State)> _posted = new();

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

        public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("The thread is blocked.");

        /// <summary>What the body's own awaits posted runs when the thread is free again.</summary>
        public void Dispose()
        {
            while (_posted.TryDequeue(out (SendOrPostCallback Callback, object? State) posted))
            {
                posted.Callback(posted.State);
            }
        }
    }
}

public sealed class SynchronizationContextTests_Portable : SynchronizationContextTests<PortableUnderTest>;

public sealed class SynchronizationContextTests_Epoll : SynchronizationContextTests<EpollUnderTest>;

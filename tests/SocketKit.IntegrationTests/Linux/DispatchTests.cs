using SocketKit.IntegrationTests.Kit;
using static SocketKit.IntegrationTests.Linux.GoingOn;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Where an operation that had to wait goes on, whatever ends it. A loop's threads are not of the pool.</summary>
public sealed class DispatchTests : UnixTests<EpollUnderTest>
{
    /// <summary>Long enough for the caller to be waiting when it passes.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromMilliseconds(300);

    private static readonly Dispatch[] s_all = [Dispatch.Auto, Dispatch.Inline, Dispatch.ThreadPool];

    [LinuxFact]
    public async Task A_receive_of_an_accepted_connection_goes_on_where_its_server_says()
    {
        foreach (Dispatch dispatch in s_all)
        {
            using TcpPairUnderTest pair = ConnectAccepting(dispatch);

            await GoesOnAsync(dispatch, ReceiveAsync(pair.Accepted), () => pair.Client.Send("x"u8));
        }
    }

    [LinuxFact]
    public async Task A_receive_of_a_client_goes_on_where_its_own_options_say()
    {
        foreach (Dispatch dispatch in s_all)
        {
            TcpClientOptions options = ClientOptions;
            options.Dispatch = dispatch;
            using TcpPairUnderTest pair = ConnectPair(null, options);

            await GoesOnAsync(dispatch, ReceiveAsync(pair.Client), () => pair.Accepted.Send("x"u8));
        }
    }

    [LinuxFact]
    public async Task A_handler_starts_where_its_server_says()
    {
        foreach (Dispatch dispatch in s_all)
        {
            TcpServerOptions options = ServerOptions;
            options.Dispatch = dispatch;
            using TcpServer server = Listen(options);
            var isOfPool = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            Task serving = server.ServeAsync((_, _) =>
            {
                isOfPool.TrySetResult(Thread.CurrentThread.IsThreadPoolThread);
                return Task.CompletedTask;
            });
            using TcpClient client = Connect(server);

            (await isOfPool.Task.Within()).Should().Be(dispatch == Dispatch.ThreadPool);
            await server.StopAsync().Within();
            await serving.Within();
        }
    }

    [LinuxFact]
    public async Task What_follows_a_connect_on_a_loop_leaves_it_where_Dispatch_says()
    {
        TcpServerOptions targetOptions = ServerOptions;
        targetOptions.Backlog = 0;
        using TcpServer target = Listen(targetOptions);
        using TcpClient first = Connect(target);
        using TcpServer server = Listen();
        TcpClientOptions options = ClientOptions;
        options.Dispatch = Dispatch.ThreadPool;
        var handled = new TaskCompletionSource<(Task<TcpClient>, Task)>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = server.ServeAsync((_, token) =>
        {
            Thread.CurrentThread.IsThreadPoolThread.Should().BeFalse("it starts on a loop");
            // The queue of the target holds one connection and is full: the kernel drops the SYN of this connect and sends it again.
            Task<TcpClient> connect = TcpClient.ConnectAsync(target.LocalEndPoint, options, token);
            Task goesOn = GoesOnAsync(Dispatch.ThreadPool, connect, () => target.Accept().Dispose());
            handled.TrySetResult((connect, goesOn));
            return goesOn;
        });
        using TcpClient client = Connect(server);

        (Task<TcpClient> connect, Task goesOn) = await handled.Task.Within();
        await goesOn;
        (await connect).Dispose();
        await server.StopAsync().Within();
        await serving.Within();
    }

    [LinuxFact]
    public async Task Unix_connections_go_on_where_their_options_say()
    {
        foreach (Dispatch dispatch in s_all)
        {
            Dispatch other = dispatch == Dispatch.ThreadPool ? Dispatch.Auto : Dispatch.ThreadPool;
            UnixServerOptions serverOptions = UnixServerOptions;
            UnixClientOptions clientOptions = UnixClientOptions;
            (serverOptions.Dispatch, clientOptions.Dispatch) = (dispatch, other);
            using UnixServer server = ListenUnix(PathOf(), serverOptions);
            using UnixClient client = ConnectUnix(PathOf(), clientOptions);
            using UnixConnection accepted = server.Accept();

            await GoesOnAsync(dispatch, ReceiveAsync(accepted), () => client.Send("x"u8));
            await GoesOnAsync(other, ReceiveAsync(client), () => accepted.Send("x"u8));
        }
    }

    [LinuxFact]
    public async Task A_send_that_waited_goes_on_where_Dispatch_says()
    {
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        foreach (Dispatch dispatch in s_all)
        {
            using TcpPairUnderTest pair = ConnectAccepting(dispatch);

            await GoesOnAsync(dispatch, pair.Accepted.SendAsync(data).AsTask(), () => pair.Client.ReceiveExactly(new byte[data.Length]));
        }
    }

    [LinuxFact]
    public async Task What_a_deadline_ends_goes_on_where_Dispatch_says()
    {
        foreach (Dispatch dispatch in s_all)
        {
            using TcpPairUnderTest pair = ConnectAccepting(dispatch);
            pair.Accepted.ReceiveTimeout = s_deadline;
            Task receive = ReceiveAsync(pair.Accepted);

            await GoesOnAsync(dispatch, receive, static () => { });

            receive.Exception!.InnerException.Should().BeOfType<SocketTimeoutException>();
        }
    }

    [LinuxFact]
    public async Task What_a_token_ends_goes_on_where_Dispatch_says()
    {
        foreach (Dispatch dispatch in s_all)
        {
            using TcpPairUnderTest pair = ConnectAccepting(dispatch);
            using var source = new CancellationTokenSource();
            Task receive = ReceiveAsync(pair.Accepted, source.Token);

            await GoesOnAsync(dispatch, receive, source.Cancel);

            receive.IsCanceled.Should().BeTrue();
        }
    }

    [LinuxFact]
    public async Task What_a_close_ends_goes_on_where_Dispatch_says()
    {
        foreach (Dispatch dispatch in s_all)
        {
            using TcpPairUnderTest pair = ConnectAccepting(dispatch);
            Task send = pair.Accepted.SendAsync(Payload.Of(Payload.MoreThanKernelTakes)).AsTask();
            Task receive = ReceiveAsync(pair.Accepted);
            Task sent = GoesOnAsync(dispatch, send, static () => { });

            await GoesOnAsync(dispatch, receive, pair.Accepted.Dispose);
            await sent;

            receive.Exception!.InnerException.Should().BeOfType<ObjectDisposedException>();
            send.Exception!.InnerException.Should().BeOfType<ObjectDisposedException>();
        }
    }

    private TcpPairUnderTest ConnectAccepting(Dispatch dispatch)
    {
        TcpServerOptions options = ServerOptions;
        options.Dispatch = dispatch;
        return ConnectPair(options);
    }

    private static Task<int> ReceiveAsync(StreamConnection connection, CancellationToken cancellationToken = default) =>
        connection.ReceiveAsync(new byte[1], cancellationToken).AsTask();
}

using Microsoft.Win32.SafeHandles;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Races;

/// <summary>How a connection is closed under a pending call.</summary>
public enum Closing
{
    Dispose,
    Abort,
}

[Collection(Serial.Name)]
public abstract class CloseRaceTests<TEngine> : RaceTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>More than the kernel's buffers take, so that a send has to wait.</summary>
    private static readonly byte[] s_large = new byte[8 * 1024 * 1024];

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task Receive_ends_as_disposed(Closing closing) =>
        ReceivesEndAsync(closing, static connection => Race.Call(() => connection.Receive(new byte[16])));

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task Receive_with_a_deadline_ends_as_disposed(Closing closing) => ReceivesEndAsync(closing, static connection =>
    {
        connection.Timeout = TimeSpan.FromMinutes(1);
        return Race.Call(() => connection.Receive(new byte[16]));
    });

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task ReceiveAsync_ends_as_disposed(Closing closing) =>
        ReceivesEndAsync(closing, static connection => () => connection.ReceiveAsync(new byte[16]).AsTask());

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task ReceiveExactlyAsync_with_deadline_and_token_ends_as_disposed(Closing closing) =>
        ReceivesEndAsync(closing, static connection =>
    {
        connection.Timeout = TimeSpan.FromMinutes(1);
        var source = new CancellationTokenSource();
        return () => connection.ReceiveExactlyAsync(new byte[16], source.Token).AsTask();
    });

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task WaitReadableAsync_ends_as_disposed(Closing closing) =>
        ReceivesEndAsync(closing, static connection => () => connection.WaitReadableAsync().AsTask());

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task WaitReadable_ends_as_disposed(Closing closing) =>
        ReceivesEndAsync(closing, static connection => Race.Call(() => connection.WaitReadable(TimeSpan.FromMinutes(1))));

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task Send_ends_as_disposed(Closing closing) =>
        SendsEndAsync(closing, static connection => Race.Call(() => connection.Send(s_large)));

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public Task SendAsync_ends_as_disposed(Closing closing) =>
        SendsEndAsync(closing, static connection => () => connection.SendAsync(s_large).AsTask());

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public async Task SendFileAsync_ends_as_disposed(Closing closing)
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, s_large);
            using SafeFileHandle file = File.OpenHandle(path);
            await SendsEndAsync(closing, connection => () => connection.SendFileAsync(file).AsTask());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(Closing.Dispose)]
    [InlineData(Closing.Abort)]
    public async Task Closing_twice_is_closing_once(Closing closing)
    {
        using TcpServer server = Listen();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpPairUnderTest pair = ConnectPair(server);

            (Exception? first, Exception? second) = await Race.MeetAsync(pair.Client.Dispose, Close(pair.Client, closing));

            first.Should().BeNull();
            second.Should().BeNull();
            pair.Client.CloseReason.Should().BeOneOf(CloseReason.LocalDispose, CloseReason.LocalAbort);
        }
    }

    /// <summary>
    /// The connection is idle, so the call can only end because of the closing; and a pending receive never makes a RST of a FIN.
    /// </summary>
    private async Task ReceivesEndAsync(Closing closing, Func<TcpConnection, Func<Task>> receive)
    {
        using TcpServer server = Listen();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpPairUnderTest pair = ConnectPair(server);

            (Exception? received, Exception? closed) = await Race.MeetAsync(receive(pair.Client), Race.Call(Close(pair.Client, closing)));

            received.Should().BeOfType<ObjectDisposedException>($"round {i}");
            closed.Should().BeNull();
            (await ReadToEndAsync(pair.Accepted)).Should().Be(closing == Closing.Dispose ? 0 : -1, $"round {i}");
        }
    }

    /// <summary>The peer sees all of the message, nothing of it, or a reset: never a cut message that looks complete.</summary>
    private async Task SendsEndAsync(Closing closing, Func<TcpConnection, Func<Task>> send)
    {
        using TcpServer server = Listen();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpPairUnderTest pair = ConnectPair(server);
            Task<long> reading = i % 2 == 0 ? ReadToEndAsync(pair.Accepted) : Task.FromResult(-1L);

            (Exception? sent, Exception? closed) = await Race.MeetAsync(send(pair.Client), Race.Call(Close(pair.Client, closing)));

            sent?.Should().BeOfType<ObjectDisposedException>($"round {i}");
            closed.Should().BeNull();
            (await reading.Within()).Should().BeOneOf([-1, 0, s_large.Length], $"round {i}");
        }
    }

    private static Action Close(TcpConnection connection, Closing closing) =>
        closing == Closing.Dispose ? connection.Dispose : connection.Abort;
}

public sealed class CloseRaceTests_Portable : CloseRaceTests<PortableUnderTest>;

public sealed class CloseRaceTests_Epoll : CloseRaceTests<EpollUnderTest>;

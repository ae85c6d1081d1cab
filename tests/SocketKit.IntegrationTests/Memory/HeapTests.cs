using System.Buffers;
using System.Runtime.CompilerServices;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>What calls leave behind on the heap.</summary>
[Collection(Serial.Name)]
public abstract class HeapTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Timed_out_receives_leave_nothing_behind()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Timeout = TimeSpan.FromMilliseconds(1);
        byte[] buffer = new byte[1024];
        await TimeOutAsync(pair.Accepted, buffer, 50);

        await HeapGrowth.ShouldStayBelowAsync(60_000, () => TimeOutAsync(pair.Accepted, buffer, 500));
    }

    [Fact]
    public async Task Receives_under_one_long_lived_token_leave_no_registration_behind()
    {
        using var source = new CancellationTokenSource();
        WeakReference[] connections = await ReceiveOnManyAsync(source.Token);

        Collect();

        connections.Count(static connection => connection.IsAlive).Should().BeLessThan(3, "only the last may still be on a stack");
        source.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public async Task Messages_under_one_long_lived_token_leave_no_registration_behind()
    {
        using var source = new CancellationTokenSource();
        WeakReference[] connections = await ExchangeMessagesOnManyAsync(source.Token);

        Collect();

        connections.Count(static connection => connection.IsAlive).Should().BeLessThan(3, "only the last may still be on a stack");
        source.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public async Task Cancelled_receives_leave_nothing_behind()
    {
        const int Receives = 100_000;
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[16];
        await CancelAsync(pair.Accepted, buffer, 1000);

        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<WeakReference> sources = await CancelAsync(pair.Accepted, buffer, Receives);
        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;

        growth.Should().BeLessThan(1_000_000);
        sources.Count(static source => source.IsAlive).Should().BeLessThan(3, "only the last may still be on a stack");
    }

    [Fact]
    public async Task Receives_under_one_token_do_not_grow_it()
    {
        const int Receives = 100_000;
        using TcpPairUnderTest pair = ConnectPair();
        using var source = new CancellationTokenSource();
        byte[] buffer = new byte[16];
        await PingAsync(pair, buffer, 1000, source.Token);

        long before = GC.GetTotalMemory(forceFullCollection: true);
        await PingAsync(pair, buffer, Receives, source.Token);
        long growth = GC.GetTotalMemory(forceFullCollection: true) - before;

        growth.Should().BeLessThan(1_000_000);
    }

    [LinuxFact]
    public async Task Connections_that_nobody_disposed_give_their_descriptors_back()
    {
        await DropAsync(10);
        Collect();
        int baseline = OpenDescriptors.Count();

        await DropAsync(500);

        // The last pairs may still be on somebody's stack. Half of them are let go only when they have seen the other half's end.
        OpenDescriptors.ShouldReturnTo(baseline + 8, Collect);
    }

    private static async Task TimeOutAsync(TcpConnection connection, byte[] buffer, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Func<Task> receive = () => connection.ReceiveAsync(buffer).AsTask();
            (await ThrownByAsync(receive)).Should().BeOfType<SocketTimeoutException>();
        }
    }

    private static async Task<Exception?> ThrownByAsync(Func<Task> call)
    {
        try
        {
            await call().Within();
            return null;
        }
        catch (Exception exception)
        {
            // The test judges it.
            return exception;
        }
    }

    /// <summary>Many connections wait under one token, are given data, and are disposed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference[]> ReceiveOnManyAsync(CancellationToken token)
    {
        using TcpServer server = Listen();
        var references = new WeakReference[200];
        for (int i = 0; i < references.Length; i++)
        {
            using TcpClient client = Connect(server);
            using TcpConnection accepted = server.Accept();
            for (int round = 0; round < 5; round++)
            {
                ValueTask<int> receive = accepted.ReceiveAsync(new byte[1], token);
                await client.SendAsync(new byte[1], token).Within();
                await receive.Within();
            }

            ValueTask pending = accepted.WaitReadableAsync(token);
            accepted.Dispose();
            (await ThrownByAsync(pending.AsTask)).Should().BeOfType<ObjectDisposedException>();
            references[i] = new WeakReference(accepted);
        }

        return references;
    }

    /// <summary>Sends that wait and receives that wait, of messages, all under one token; each connection is then disposed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference[]> ExchangeMessagesOnManyAsync(CancellationToken token)
    {
        using TcpServer server = Listen();
        var references = new WeakReference[50];
        byte[] large = new byte[Payload.MoreThanKernelTakes];
        for (int i = 0; i < references.Length; i++)
        {
            using TcpClient client = Connect(server);
            using TcpConnection accepted = server.Accept();
            MessageChannel messages = accepted.GetMessages(
                MessageFraming.LengthPrefix(), new MessageOptions { MaxMessageSize = large.Length });
            for (int round = 0; round < 5; round++)
            {
                ValueTask<ReadOnlySequence<byte>?> receive = messages.ReceiveAsync(token);
                await client.SendAsync("\0\0\0\u0001x", token).Within();
                (await receive.Within())!.Value.Length.Should().Be(1);
            }

            Task sending = messages.SendAsync(large, token).AsTask();
            Task behind = messages.SendAsync("behind", token).AsTask();
            Task pending = messages.ReceiveAsync(token).AsTask();
            messages.Dispose();
            foreach (Task call in (Task[])[sending, behind, pending])
            {
                (await ThrownByAsync(() => call)).Should().BeOfType<ObjectDisposedException>();
            }

            references[i] = new WeakReference(accepted);
        }

        return references;
    }

    private static async Task<List<WeakReference>> CancelAsync(TcpConnection connection, byte[] buffer, int times)
    {
        var sources = new List<WeakReference>();
        for (int i = 0; i < times; i++)
        {
            using var source = new CancellationTokenSource();
            ValueTask<int> receive = connection.ReceiveAsync(buffer, source.Token);
            await source.CancelAsync();
            try
            {
                await receive;
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }

            if (i % 1000 == 0)
            {
                sources.Add(new WeakReference(source));
            }
        }

        return sources;
    }

    private static async Task PingAsync(TcpPairUnderTest pair, byte[] buffer, int times, CancellationToken token)
    {
        for (int i = 0; i < times; i++)
        {
            ValueTask<int> receive = pair.Accepted.ReceiveAsync(buffer, token);
            await pair.Client.SendAsync(buffer.AsMemory(0, 1), token);
            await receive;
        }
    }

    /// <summary>Each was used in both ways, and one of each pair has timed out in an async receive.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task DropAsync(int count)
    {
        using TcpServer server = Listen();
        byte[] buffer = new byte[16];
        for (int i = 0; i < count; i++)
        {
            TcpClient client = Connect(server);
            TcpConnection accepted = server.Accept();
            client.Send("x"u8);
            accepted.Receive(buffer);
            await accepted.SendAsync(buffer);
            await client.ReceiveExactlyAsync(buffer).Within();
            client.Timeout = TimeSpan.FromMilliseconds(1);
            (await ThrownByAsync(() => client.ReceiveAsync(buffer).AsTask())).Should().BeOfType<SocketTimeoutException>();
        }
    }

    private static void Collect()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}

public sealed class HeapTests_Portable : HeapTests<PortableUnderTest>;

public sealed class HeapTests_Epoll : HeapTests<EpollUnderTest>;

using System.Buffers.Binary;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>Many senders at once, cancelled sends, and closing at any time.</summary>
public abstract class MessageConcurrencyTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    private const int Senders = 64;
    private const int PerSender = 200;

    [Theory]
    [InlineData(null)]
    [InlineData(SmallBuffer)]
    public async Task Concurrent_senders_never_interleave_and_each_keeps_its_order(int? bufferSize)
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: bufferSize);
        Task[] senders = [.. Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            for (int i = 0; i < PerSender; i++)
            {
                byte[] message = Of(sender, i);
                switch ((sender + i) % 4)
                {
                    case 0:
                        await client.SendAsync(message);
                        break;
                    case 1:
                        await client.WriteAsync(message, static (output, bytes) => System.Buffers.BuffersExtensions.Write(output, bytes));
                        break;
                    case 2:
                        client.TrySend(message).Should().BeTrue();
                        break;
                    default:
                        await client.SendAsync(Segments.Cut(message, 100));
                        break;
                }
            }
        }))];
        int[] next = new int[Senders];

        for (int i = 0; i < Senders * PerSender; i++)
        {
            byte[] message = (await ReceiveAsync(accepted))!;
            int sender = BinaryPrimitives.ReadInt32LittleEndian(message);
            message.Should().Equal(Of(sender, next[sender]));
            next[sender]++;
        }

        await Task.WhenAll(senders).Within();
        next.Should().OnlyContain(static count => count == PerSender);
        await client.DisposeAsync();
        (await ReceiveAsync(accepted)).Should().BeNull("nothing was sent twice");
    }

    [Fact]
    public async Task Blocking_senders_on_threads_of_their_own_never_interleave()
    {
        const int Threads = 8;
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        Task[] senders = [.. Enumerable.Range(0, Threads).Select(sender => Limits.OnThread(() =>
        {
            for (int i = 0; i < PerSender; i++)
            {
                client.Send(Of(sender, i));
            }
        }))];
        int[] next = new int[Threads];

        for (int i = 0; i < Threads * PerSender; i++)
        {
            byte[] message = (await ReceiveAsync(accepted))!;
            int sender = BinaryPrimitives.ReadInt32LittleEndian(message);
            message.Should().Equal(Of(sender, next[sender]));
            next[sender]++;
        }

        await Task.WhenAll(senders).Within();
    }

    [Fact]
    public async Task A_message_whose_send_is_cancelled_at_any_time_arrives_whole_or_not_at_all_or_the_connection_is_aborted()
    {
        const int Many = 3_000;
        var random = new Random(1);
        int next = 0;
        int withdrawn = 0;
        int aborted = 0;
        while (next < Many && aborted < 100)
        {
            (StreamConnection client, StreamConnection accepted) = Connect(4096);
            MessageChannel messages = client.GetMessages(Framing);
            Task<List<int>> reading = ReadAllAsync(accepted.GetMessages(Framing));
            var sent = new List<int>();
            while (next < Many && client.CloseReason == CloseReason.None)
            {
                using var source = new CancellationTokenSource();
                (int Number, Task Send)[] sends = [.. Enumerable.Range(0, 4).Select(_ =>
                {
                    int number = next++;
                    return (number, messages.SendAsync(Numbered(number, random.Next(4, 20_000)), source.Token).AsTask());
                })];
                if (random.Next(20) == 0)
                {
                    Thread.SpinWait(random.Next(2_000));
                    await source.CancelAsync();
                }

                foreach ((int number, Task send) in sends)
                {
                    switch (await Expect.Failure(send))
                    {
                        case null:
                            sent.Add(number);
                            break;
                        case OperationCanceledException or ObjectDisposedException:
                            withdrawn++;
                            break;
                        case { } other:
                            throw new InvalidOperationException($"Message {number}", other);
                    }
                }
            }

            bool wasAborted = client.CloseReason == CloseReason.LocalAbort;
            aborted += wasAborted ? 1 : 0;
            await messages.DisposeAsync();
            List<int> received = await reading.Within();
            if (wasAborted)
            {
                // A reset may take with it what was not read yet.
                sent.Take(received.Count).Should().Equal(received);
            }
            else
            {
                received.Should().Equal(sent);
            }
        }

        withdrawn.Should().BePositive("or nothing was cancelled");
    }

    [Fact]
    public async Task Closing_at_any_time_ends_every_call_and_tears_no_message()
    {
        for (int round = 0; round < 100; round++)
        {
            (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
            MessageChannel messages = client.GetMessages(Framing);
            Task<List<int>> reading = ReadAllAsync(accepted.GetMessages(Framing));
            Task[] senders = [.. Enumerable.Range(0, 4).Select(sender => Task.Run(async () =>
            {
                for (int i = 0; ; i++)
                {
                    if (i % 2 == 0)
                    {
                        await messages.SendAsync(Numbered(i, i % 5_000));
                    }
                    else
                    {
                        messages.TrySend(Numbered(i, 30));
                    }
                }
            }))];
            Task receiving = messages.ReceiveAsync().AsTask();
            Thread.SpinWait(round * 1_000);

            if (round % 2 == 0)
            {
                client.Abort();
            }
            else
            {
                messages.Dispose();
            }

            foreach (Task call in (Task[])[.. senders, receiving])
            {
                await Expect.Disposed(call);
            }

            await reading.Within();
        }
    }

    [Fact]
    public async Task A_caller_that_blocks_behind_its_send_holds_up_nobody()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client);
        using var release = new ManualResetEventSlim();
        Task[] blocked = [.. Enumerable.Range(1, 3).Select(i => BlockAfterAsync(client.SendAsync(Numbered(before + i)), release))];

        for (int i = 0; i <= before + 3; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        await first.Within();
        await client.SendAsync(Numbered(before + 4)).AsTask().Within();
        NumberOf(await ReceiveAsync(accepted)).Should().Be(before + 4);
        release.Set();
        await Task.WhenAll(blocked).Within();
    }

    [Fact]
    public async Task Callers_that_are_told_together_go_on_while_others_of_them_block()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client);
        using var release = new ManualResetEventSlim();
        Task[] blocked = [.. Enumerable.Range(1, 3).Select(i => BlockAfterAsync(client.SendAsync(Numbered(before + i)), release))];
        Task last = ReleaseAfterAsync(client.SendAsync(Numbered(before + 4)), release);

        for (int i = 0; i <= before + 4; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        await first.Within();
        await last.Within();
        await Task.WhenAll(blocked).Within();
    }

    [Fact]
    public async Task What_callers_send_who_are_told_together_arrives_in_the_order_of_each()
    {
        const int Rounds = 50;
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client);
        Task[] senders = [.. Enumerable.Range(0, Senders).Select(sender => SendManyAsync(client, sender, Rounds))];
        for (int i = 0; i <= before; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        int[] next = new int[Senders];
        for (int i = 0; i < Senders * Rounds; i++)
        {
            byte[] message = (await ReceiveAsync(accepted))!;
            int sender = BinaryPrimitives.ReadInt32LittleEndian(message);
            message.Should().Equal(Of(sender, next[sender]++));
        }

        await first.Within();
        await Task.WhenAll(senders).Within();
    }

    private static async Task SendManyAsync(MessageChannel messages, int sender, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await messages.SendAsync(Of(sender, i));
        }
    }

    private static async Task ReleaseAfterAsync(ValueTask send, ManualResetEventSlim release)
    {
        await send;
        release.Set();
    }

    private static async Task BlockAfterAsync(ValueTask send, ManualResetEventSlim release)
    {
        await send;
        release.Wait(Limits.Hang).Should().BeTrue();
    }

    /// <summary>Reads numbered messages to the end, or to a reset.</summary>
    private static async Task<List<int>> ReadAllAsync(MessageChannel messages)
    {
        var numbers = new List<int>();
        try
        {
            while (await ReceiveAsync(messages) is { } message)
            {
                numbers.Add(NumberOf(message));
            }
        }
        catch (Exception exception) when (exception is SocketOperationException || (!HasReset && exception is FrameException))
        {
            // The sender has closed with something unsent. A peer over a Unix socket then sees an end inside a message.
        }

        return numbers;
    }

    private static byte[] Of(int sender, int number)
    {
        byte[] message = new byte[8 + ((sender * 37) + (number * 13)) % 900];
        message.AsSpan().Fill((byte)(sender + number));
        BinaryPrimitives.WriteInt32LittleEndian(message, sender);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), number);
        return message;
    }
}

public sealed class MessageConcurrencyTests_PortableTcp : MessageConcurrencyTests<PortableUnderTest, OverTcp>;

public sealed class MessageConcurrencyTests_PortableUnix : MessageConcurrencyTests<PortableUnderTest, OverUnix>;

public sealed class MessageConcurrencyTests_EpollTcp : MessageConcurrencyTests<EpollUnderTest, OverTcp>;

public sealed class MessageConcurrencyTests_EpollUnix : MessageConcurrencyTests<EpollUnderTest, OverUnix>;

public sealed class MessageConcurrencyTests_EpollWrapped : MessageConcurrencyTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;

using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>Sends that nobody awaits, to a peer that does not read: how many there are is the application's choice.</summary>
[Collection(Serial.Name)]
public abstract class QueuedSendMemoryTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Sends = 100_000;

    /// <summary>Bytes per send that waits, beside its buffer.</summary>
    private const int MostPerSend = 200;

    [Fact]
    [SuppressMessage("Reliability", "CA2012", Justification = "Each is awaited once. A Task for each would be what is measured.")]
    public async Task A_send_that_waits_costs_little_beside_its_buffer_and_goes_out_in_its_turn()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[][] messages = [.. Enumerable.Range(0, Sends).Select(MessageOf)];
        var sends = new ValueTask[Sends];
        Task first = pair.Client.SendAsync(new byte[Payload.MoreThanKernelTakes]).AsTask();
        await Eventually.BeTrueAsync(() => pair.Client.QueuedBytes > 0, "the first one waits");

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Sends; i++)
        {
            sends[i] = pair.Client.SendAsync(messages[i]);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        (allocated / Sends).Should().BeLessThanOrEqualTo(MostPerSend);
        pair.Client.QueuedBytes.Should().BeGreaterThan(Sends * sizeof(int));
        await pair.Accepted.ReceiveExactlyAsync(new byte[Payload.MoreThanKernelTakes]).Within();
        byte[] all = new byte[Sends * sizeof(int)];
        await pair.Accepted.ReceiveExactlyAsync(all).Within();
        await first.Within();
        foreach (ValueTask send in sends)
        {
            await send;
        }

        all.AsSpan().SequenceEqual(messages.SelectMany(static message => message).ToArray()).Should().BeTrue();
        pair.Client.QueuedBytes.Should().Be(0);
    }

    private static byte[] MessageOf(int number)
    {
        byte[] message = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(message, number);
        return message;
    }
}

public sealed class QueuedSendMemoryTests_Portable : QueuedSendMemoryTests<PortableUnderTest>;

public sealed class QueuedSendMemoryTests_Epoll : QueuedSendMemoryTests<EpollUnderTest>;

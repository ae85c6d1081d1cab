using System.Buffers.Binary;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>Whatever is sent is received, or the kernel says that it has dropped it.</summary>
public abstract class UdpAccountingTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Count = 1_000_000;
    private const int Length = 16;
    private const int PerBatch = 64;

    [LinuxFact]
    public async Task Of_a_million_datagrams_in_batches_each_is_received_once_or_counted_as_dropped()
    {
        // A train that the kernel drops counts as one datagram.
        UdpEndpointOptions options = UdpOptions;
        options.ReceiveOffload = UdpOffload.Off;
        using UdpEndpoint receiver = Bind(options);
        using UdpEndpoint sender = ConnectedTo(receiver);
        bool[] seen = new bool[Count];
        int received = 0;
        bool areAllSent = false;

        Task receiving = Limits.OnThread(() =>
        {
            using var batch = new DatagramBatch(PerBatch, Length);
            while (receiver.WaitReadable(TimeSpan.Zero) || !Volatile.Read(ref areAllSent))
            {
                if (!receiver.TryReceiveBatch(batch))
                {
                    receiver.WaitReadable(Moment);
                    continue;
                }

                for (int i = 0; i < batch.Count; i++)
                {
                    int number = BinaryPrimitives.ReadInt32LittleEndian(batch[i].Data);
                    seen[number].Should().BeFalse("datagram {0} came twice", number);
                    seen[number] = true;
                }

                received += batch.Count;
            }
        });
        await Limits.OnThread(() => SendAll(sender)).Within();
        Volatile.Write(ref areAllSent, true);
        await receiving.Within();

        received.Should().BePositive();
        (received + receiver.DroppedByKernel).Should().Be(Count);
    }

    private static void SendAll(UdpEndpoint sender)
    {
        using var batch = new DatagramBatch(PerBatch, Length);
        byte[] data = new byte[Length];
        for (int number = 0; number < Count; number++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data, number);
            if (!batch.TryAdd(data))
            {
                sender.SendBatch(batch);
                batch.Add(data);
            }
        }

        sender.SendBatch(batch);
    }
}

public sealed class UdpAccountingTests_Portable : UdpAccountingTests<PortableUnderTest>;

public sealed class UdpAccountingTests_Epoll : UdpAccountingTests<EpollUnderTest>;

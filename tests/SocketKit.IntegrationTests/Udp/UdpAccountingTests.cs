using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using SocketKit.IntegrationTests.Kit;
using Xunit.Abstractions;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>
/// Whatever is sent is received, or the kernel says that it has dropped it. SOCKETKIT_DATAGRAMS is the number of datagrams (10000000 by
/// hand, with -c Release).
/// </summary>
public abstract class UdpAccountingTests<TEngine>(ITestOutputHelper output) : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Usual = 200_000;
    private const int Length = 16;
    private const int PerBatch = 64;

    /// <summary>So many go within the time that a test may take.</summary>
    private const int PerLimit = 1_000_000;

    private static readonly int s_count = Environment.GetEnvironmentVariable("SOCKETKIT_DATAGRAMS") is { Length: > 0 } count
        ? int.Parse(count, CultureInfo.InvariantCulture)
        : Usual;

    private static readonly TimeSpan s_limit = Limits.Hang * (1 + (s_count / PerLimit));

    /// <summary>
    /// A train that the kernel drops counts as one datagram. So either the sender makes runs, which the kernel cuts for this receiver, or
    /// the receiver is ready for trains, and gets none.
    /// </summary>
    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_datagram_in_batches_is_received_once_or_counted_as_dropped(bool makesRuns)
    {
        UdpEndpointOptions options = UdpOptions;
        options.SegmentationOffload = makesRuns ? UdpOffload.Auto : UdpOffload.Off;
        options.ReceiveOffload = makesRuns ? UdpOffload.Off : UdpOffload.Auto;
        using UdpEndpoint receiver = Bind(options);
        using UdpEndpoint sender = UdpEndpoint.Connect(receiver.LocalEndPoint, options);
        bool[] seen = new bool[s_count];
        int received = 0;
        int twice = 0;
        bool areAllSent = false;

        Task receiving = Limits.OnThread(() =>
        {
            using var batch = new DatagramBatch(PerBatch, Length);
            long end = 0;
            while (true)
            {
                bool isLast = Volatile.Read(ref areAllSent);
                if (receiver.TryReceiveBatch(batch))
                {
                    for (int i = 0; i < batch.Count; i++)
                    {
                        ref bool mark = ref seen[BinaryPrimitives.ReadInt32LittleEndian(batch[i].Data)];
                        twice += mark ? 1 : 0;
                        mark = true;
                    }

                    received += batch.Count;
                    continue;
                }

                // What was sent last may still be on its way through the kernel.
                end = isLast && end == 0 ? Stopwatch.GetTimestamp() : end;
                if (isLast && (received + receiver.DroppedByKernel >= s_count || Stopwatch.GetElapsedTime(end) > Limits.Hang))
                {
                    return;
                }

                receiver.WaitReadable(Moment);
            }
        });
        await Limits.OnThread(() => SendAll(sender)).WaitAsync(s_limit);
        Volatile.Write(ref areAllSent, true);
        await receiving.WaitAsync(s_limit + Limits.Hang);

        long dropped = receiver.DroppedByKernel;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"sent {s_count} = received {received} + dropped by the kernel {dropped} + lost here {s_count - received - dropped}"));
        twice.Should().Be(0);
        received.Should().BePositive();
        (received + dropped).Should().Be(s_count);
        seen.Count(static mark => mark).Should().Be(received);
    }

    private static void SendAll(UdpEndpoint sender)
    {
        using var batch = new DatagramBatch(PerBatch, Length);
        byte[] data = new byte[Length];
        for (int number = 0; number < s_count; number++)
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

public sealed class UdpAccountingTests_Portable(ITestOutputHelper output) : UdpAccountingTests<PortableUnderTest>(output);

public sealed class UdpAccountingTests_Epoll(ITestOutputHelper output) : UdpAccountingTests<EpollUnderTest>(output);

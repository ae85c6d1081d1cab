using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>Runs of datagrams from one block of memory, to receivers that know nothing of them.</summary>
public abstract class UdpSegmentTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static bool HasSystemCalls => OperatingSystem.IsLinux() && typeof(TEngine) != typeof(PortableWithoutSystemCalls);

    private UdpEndpointOptions WithoutOffload => new() { Engine = Engine, SegmentationOffload = UdpOffload.Off };

    /// <summary>The kernel refuses runs of a socket that computes no checksums (SO_NO_CHECK), and takes its single datagrams.</summary>
    private UdpEndpointOptions Refusing => new()
    {
        Engine = Engine,
        Configure = static socket => socket.SetRawSocketOption(1, 11, MemoryMarshal.AsBytes<int>(new[] { 1 })),
    };

    [Theory]
    [CombinatorialShapes]
    public async Task A_plain_socket_receives_each_datagram_whole_and_in_order(CallShape shape, int segment, int length)
    {
        using Socket plain = PlainReceiver();
        using UdpEndpoint sender = Bind();
        using UdpEndpoint connected = UdpEndpoint.Connect((IPEndPoint)plain.LocalEndPoint!, UdpOptions);
        byte[] data = Payload.Of(length);

        (await Send(sender, data, segment, plain.LocalEndPoint!.Serialize(), shape)).Should().Be(length);
        Check(plain, data, segment);
        (await Send(connected, data, segment, null, shape)).Should().Be(length);
        Check(plain, data, segment);
    }

    [ToolFact("python3")]
    public async Task Plain_python_receives_each_datagram_whole_and_in_order()
    {
        const string Receiver = """
            import socket, sys
            r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            r.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            r.settimeout(20)
            r.bind(('127.0.0.1', 0))
            print(r.getsockname()[1])
            for count, size, rest in ((64, 1000, 0), (65, 700, 1), (1, 5, 0), (200, 3, 2)):
                for i in range(count):
                    text = r.recv(65536)
                    assert text == bytes([i % 251]) * size, (i, text)
                if rest:
                    text = r.recv(65536)
                    assert text == bytes([count % 251]) * rest, text
                print('all')
            """;
        using Script receiver = Script.Python(Receiver);
        using UdpEndpoint sender = Bind();
        int port = int.Parse(await receiver.LineAsync(), CultureInfo.InvariantCulture);
        SocketAddress to = new IPEndPoint(IPAddress.Loopback, port).Serialize();

        foreach ((int count, int size, int rest) in new[] { (64, 1000, 0), (65, 700, 1), (1, 5, 0), (200, 3, 2) })
        {
            byte[] data = [.. Enumerable.Range(0, (count * size) + rest).Select(i => (byte)(i / size % 251))];
            (await sender.SendSegmentsAsync(data, size, to).Within()).Should().Be(data.Length);
            (await receiver.LineAsync()).Should().Be("all");
        }

        await receiver.EndAsync();
    }

    [ToolFact("python3")]
    public async Task The_kernel_gets_a_run_as_one_only_where_the_options_allow_it()
    {
        // UDP_GRO is 104, and the receiver gets a local run as it was sent, with the size of its datagrams beside it.
        const string Receiver = """
            import socket, struct
            r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            r.settimeout(20)
            try:
                r.setsockopt(17, 104, 1)
            except OSError:
                pass
            r.bind(('127.0.0.1', 0))
            print(r.getsockname()[1])
            while True:
                data, control, flags, sender = r.recvmsg(65536, 256)
                print(len(data), [struct.unpack('i', text[:4])[0] for level, kind, text in control if level == 17])
                if len(data) == 1:
                    break
            """;
        using Script receiver = Script.Python(Receiver);
        using UdpEndpoint sender = Bind();
        using UdpEndpoint single = Bind(WithoutOffload);
        int port = int.Parse(await receiver.LineAsync(), CultureInfo.InvariantCulture);
        SocketAddress to = new IPEndPoint(IPAddress.Loopback, port).Serialize();

        sender.SendSegments(new byte[1000], 300, to).Should().Be(1000);
        string[] first = [await receiver.LineAsync()];
        bool isOne = first[0] == "1000 [300]";
        isOne.Should().Be(sender.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload));
        for (int i = 0; !isOne && i < 3; i++)
        {
            await receiver.LineAsync();
        }

        single.SendSegments(new byte[700], 300, to).Should().Be(700);
        single.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload).Should().BeFalse();
        foreach (string expected in new[] { "300 []", "300 []", "100 []" })
        {
            (await receiver.LineAsync()).Should().Be(expected);
        }

        sender.SendTo("x"u8, to);
        (await receiver.EndAsync()).Trim().Should().Be("1 []");
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_refusal_of_runs_sends_the_same_datagrams_singly_each_exactly_once(CallShape shape)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using Socket plain = PlainReceiver();
        using UdpEndpoint sender = Bind(Refusing);
        byte[] data = Payload.Of(10_050);
        bool hadOffload = sender.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload);
        hadOffload.Should().Be(HasSystemCalls);

        for (int i = 0; i < 3; i++)
        {
            (await Send(sender, data, 100, plain.LocalEndPoint!.Serialize(), shape)).Should().Be(data.Length);
            Check(plain, data, 100);
            sender.Capabilities.HasFlag(UdpCapabilities.SegmentationOffload).Should().BeFalse();
        }
    }

    [LinuxFact]
    public async Task What_went_before_a_refused_datagram_counts_and_the_next_call_tells_the_error()
    {
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            using UdpEndpoint client = UdpEndpoint.Connect(DeadEndPoint(), UdpOptions);
            byte[] data = new byte[30_000];

            // What goes brings an ICMP error back at once, which the next system call meets. A call takes 64 datagrams at most.
            int first = HasSystemCalls ? 64 * 100 : 100;
            (await Send(client, data, 100, null, shape)).Should().Be(first);
            await Expect.Socket(Send(client, data, 100, null, shape), SocketError.ConnectionRefused);
            (await Send(client, data.AsMemory(first), 100, null, shape)).Should().Be(first);
        }
    }

    [Fact]
    public async Task A_datagram_that_is_too_long_for_its_protocol_is_refused_and_nothing_goes()
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = Bind();
        SocketAddress to = receiver.LocalEndPoint.Serialize();

        await Expect.Socket(Send(sender, new byte[200_000], 65_527, to, CallShape.Async), SocketError.MessageSize);
        receiver.WaitReadable(TimeSpan.Zero).Should().BeFalse();
        (await Send(sender, new byte[65_507], 65_527, to, CallShape.Async)).Should().Be(65_507);
        receiver.ReceiveFrom(new byte[65_536]).Length.Should().Be(65_507);
    }

    [Fact]
    public async Task Wrong_arguments_are_refused_before_anything_is_sent()
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = Bind();
        using UdpEndpoint connected = ConnectedTo(receiver);
        SocketAddress to = receiver.LocalEndPoint.Serialize();
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            foreach (int wrong in new[] { int.MinValue, -1, 0, 65_528, int.MaxValue })
            {
                await Refused<ArgumentOutOfRangeException>(sender, wrong, to);
            }

            await Refused<ArgumentException>(sender, 10, new IPEndPoint(IPAddress.IPv6Loopback, 9).Serialize());
            await Refused<ArgumentException>(sender, 10, new IPEndPoint(IPAddress.Loopback, 0).Serialize());
            await Refused<InvalidOperationException>(sender, 10, null);
            await Refused<InvalidOperationException>(connected, 10, sender.LocalEndPoint.Serialize());
            (await Send(sender, default, 10, to, shape)).Should().Be(0);

            async Task Refused<TException>(UdpEndpoint endpoint, int segment, SocketAddress? target)
                where TException : Exception =>
                await new Func<Task>(() => Send(endpoint, new byte[100], segment, target, shape)).Should().ThrowAsync<TException>();
        }

        receiver.WaitReadable(TimeSpan.Zero).Should().BeFalse();
    }

    [Fact]
    public async Task A_token_that_has_fired_and_a_closed_endpoint_send_nothing()
    {
        using UdpEndpoint receiver = Bind();
        UdpEndpoint sender = Bind();
        SocketAddress to = receiver.LocalEndPoint.Serialize();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        await Expect.Canceled(sender.SendSegmentsAsync(new byte[100], 10, to, source.Token).AsTask(), source.Token);
        sender.Dispose();
        foreach (CallShape shape in Enum.GetValues<CallShape>())
        {
            await Expect.Disposed(Send(sender, new byte[100], 10, to, shape));
            await Expect.Disposed(Send(sender, new byte[100], 10, null, shape));
        }

        receiver.WaitReadable(TimeSpan.Zero).Should().BeFalse();
        sender.Capabilities.Should().HaveFlag(OperatingSystem.IsLinux() ? UdpCapabilities.DropCount : UdpCapabilities.None);
    }

    [Fact]
    public async Task A_send_that_throws_out_of_the_callers_memory_sends_nothing()
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = Bind();
        var memory = new ThrowingMemory(100);
        using IMemoryOwner<byte> owner = memory;
        Memory<byte> handed = memory.Memory;
        memory.LetGo();

        await new Func<Task>(() => sender.SendSegmentsAsync(handed, 10, receiver.LocalEndPoint.Serialize()).AsTask())
            .Should().ThrowAsync<InvalidOperationException>().WithMessage("The memory is gone.");
        receiver.WaitReadable(TimeSpan.Zero).Should().BeFalse();
    }

    [Fact]
    public void A_dual_mode_endpoint_sends_runs_to_both_families()
    {
        using var sender = UdpEndpoint.Bind(0, UdpOptions);
        if (sender.LocalEndPoint.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return;
        }

        byte[] data = Payload.Of(5_000);
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using Socket plain = PlainReceiver(address);
            sender.SendSegments(data, 300, plain.LocalEndPoint!.Serialize()).Should().Be(5_000);
            Check(plain, data, 300);
        }
    }

    [Fact]
    public void What_the_kernel_drops_is_counted_exactly()
    {
        using UdpEndpoint receiver = Bind(new UdpEndpointOptions { Engine = Engine, ReceiveBufferSize = 4096 });
        using UdpEndpoint sender = Bind();
        receiver.DroppedByKernel.Should().Be(0);
        for (int i = 0; i < 10; i++)
        {
            sender.SendSegments(new byte[6_400], 100, receiver.LocalEndPoint.Serialize()).Should().Be(6_400);
        }

        int received = 0;
        SpinWait.SpinUntil(
            () =>
            {
                // What was sent last may still be on its way through the kernel.
                while (receiver.TryReceiveFrom(new byte[200], out _))
                {
                    received++;
                }

                return !OperatingSystem.IsLinux() || received + receiver.DroppedByKernel == 640;
            },
            Limits.Hang);

        received.Should().BePositive().And.BeLessThan(640);
        long dropped = OperatingSystem.IsLinux() ? 640 - received : 0;
        receiver.DroppedByKernel.Should().Be(dropped);
        receiver.Capabilities.HasFlag(UdpCapabilities.DropCount).Should().Be(OperatingSystem.IsLinux());
        receiver.Dispose();
        receiver.DroppedByKernel.Should().Be(dropped);
    }

    [Fact]
    public void Capabilities_name_what_was_asked_for()
    {
        using UdpEndpoint plain = Bind();
        using UdpEndpoint detailed = Bind(new UdpEndpointOptions
        {
            Engine = Engine,
            ReceiveEcn = true,
            ReceiveTtl = true,
            ReceiveTimestamp = true,
            ReceiveErrors = true,
            ReceivePacketInfo = true,
            SegmentationOffload = UdpOffload.Off,
        });
        const UdpCapabilities Details = UdpCapabilities.Ecn | UdpCapabilities.Ttl | UdpCapabilities.Timestamp | UdpCapabilities.Errors
            | UdpCapabilities.PacketInfo;

        (plain.Capabilities & Details).Should().Be(UdpCapabilities.None);
        (detailed.Capabilities & ~UdpCapabilities.DropCount)
            .Should().Be(OperatingSystem.IsLinux() ? Details : UdpCapabilities.PacketInfo);
        new Action(() => Bind(new UdpEndpointOptions { Engine = Engine, SegmentationOffload = (UdpOffload)2 }))
            .Should().Throw<ArgumentOutOfRangeException>();
    }

    private static Socket PlainReceiver(IPAddress? address = null)
    {
        address ??= IPAddress.Loopback;
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveBufferSize = 1 << 20,
            ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds,
        };
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    /// <summary>What the plain socket has received are the datagrams of the run, and no more.</summary>
    private static void Check(Socket plain, byte[] data, int segment)
    {
        byte[] buffer = new byte[65_536];
        for (int done = 0; done < data.Length; done += segment)
        {
            ReadOnlySpan<byte> expected = data.AsSpan(done, Math.Min(segment, data.Length - done));
            buffer.AsSpan(0, plain.Receive(buffer)).SequenceEqual(expected).Should().BeTrue("datagram at {0}", done);
        }

        plain.Available.Should().Be(0);
        plain.Poll(0, SelectMode.SelectRead).Should().BeFalse();
    }

    private static Task<int> Send(UdpEndpoint endpoint, ReadOnlyMemory<byte> data, int segment, SocketAddress? to, CallShape shape) =>
        (shape switch
        {
            CallShape.Blocking => Limits.OnThread(() => endpoint.SendSegments(data.Span, segment, to)),
            CallShape.Try => Limits.OnThread(() => endpoint.TrySendSegments(data.Span, segment, to, out int sent) ? sent : -1),
            _ => OnCaller(() => endpoint.SendSegmentsAsync(data, segment, to)),
        }).Within();

    private static async Task<int> OnCaller(Func<ValueTask<int>> call) => await call();
}

/// <summary>Each shape with runs that fit one system call, just fit it, and do not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CombinatorialShapesAttribute : Xunit.Sdk.DataAttribute
{
    private static readonly (int Segment, int Length)[] s_runs =
    [
        (100, 100), (100, 99), (100, 101), (100, 1_000), (100, 6_400), (100, 6_401), (1, 1), (1, 200), (1_400, 140_010), (65_507, 65_507),
        (32_753, 65_507), (32_754, 65_508), (60_000, 65_000),
    ];

    public override IEnumerable<object[]> GetData(System.Reflection.MethodInfo testMethod) =>
        from shape in Enum.GetValues<CallShape>()
        from run in s_runs
        select new object[] { shape, run.Segment, run.Length };
}

public sealed class UdpSegmentTests_Portable : UdpSegmentTests<PortableUnderTest>;

public sealed class UdpSegmentTests_PortableWithoutSystemCalls : UdpSegmentTests<PortableWithoutSystemCalls>;

public sealed class UdpSegmentTests_Epoll : UdpSegmentTests<EpollUnderTest>;

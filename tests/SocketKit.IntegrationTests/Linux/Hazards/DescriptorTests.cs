using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets.Options;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>A closed descriptor's number goes to the next connection at once, and so must nothing else of it.</summary>
[Collection(Serial.Name)]
public sealed class DescriptorTests : UnixTests<OneLoopUnderTest>
{
    private const int Cycles = 100_000;
    private const int ResetCycles = 10_000;
    private const int Workers = 4;

    private static readonly int s_hang = (int)Limits.Hang.TotalMilliseconds;

    [LinuxFact]
    [SupportedOSPlatform("linux")]
    public void A_late_event_for_a_closed_descriptor_reaches_nobody()
    {
        using SocketFixture first = SocketFixture.Pair();
        using SocketFixture second = SocketFixture.Pair();
        using var set = new EpollSet();
        var slots = new EventSlots();
        var old = new Target();
        slots.Add(old);
        set.Add(first.A, Libc.EPOLLIN | Libc.EPOLLET, ((IEventTarget)old).Key);
        first.Second.Send("x"u8);
        set.Wait(s_hang).Should().Be(1);

        // The event is fetched; before it is looked at, its connection goes and the next one gets its place.
        set.Remove(first.A);
        slots.Remove(old);
        var next = new Target();
        slots.Add(next);
        set.Add(second.A, Libc.EPOLLIN | Libc.EPOLLET, ((IEventTarget)next).Key);

        slots.Find(set.DataAt(0)).Should().BeNull();
        second.Second.Send("x"u8);
        set.Wait(s_hang).Should().Be(1);
        slots.Find(set.DataAt(0)).Should().BeSameAs(next);
    }

    [LinuxFact]
    public async Task A_handler_closes_its_neighbour_whose_event_is_fetched_already_and_takes_its_number()
    {
        const int Pairs = 32;
        const int Rounds = 50;
        using TcpServer server = Listen();
        for (int round = 0; round < Rounds; round++)
        {
            using TcpPairUnderTest start = ConnectPair(server);
            TcpPairUnderTest[] pairs = [.. Enumerable.Range(0, Pairs).Select(_ => ConnectPair(server))];
            var heirs = new TcpPairUnderTest[Pairs / 2];
            Task<int>[] receives = [.. pairs.Select(
                (pair, i) => ReceiveAsync(pair, i % 2 == 0 ? () => heirs[i / 2] = Replace(pairs[i + 1]) : null))];

            // On the loop, so that all of them are ready when it looks next, each with its byte and its end.
            Task starting = StartAsync(start, pairs);
            start.Client.Send("x"u8);
            await starting.Within();

            for (int i = 0; i < Pairs; i++)
            {
                Exception? ended = await Expect.Failure(receives[i]);
                if (i % 2 == 0 || ended is null)
                {
                    (await receives[i]).Should().Be('o', $"round {round}, {i}");
                }
                else
                {
                    ended.Should().BeOfType<ObjectDisposedException>($"round {round}, {i}");
                }
            }

            foreach (TcpPairUnderTest heir in heirs)
            {
                Task<int> own = ReceiveAsync(heir, null);
                heir.Accepted.Closed.IsCancellationRequested.Should().BeFalse("the end was its predecessor's");
                heir.Client.Send("n"u8);
                (await own.Within()).Should().Be('n', $"round {round}");
                heir.Dispose();
            }

            Array.ForEach(pairs, static pair => pair.Dispose());
        }
    }

    [LinuxFact]
    public async Task A_descriptor_is_closed_no_sooner_than_an_option_call_has_left_it()
    {
        using TcpServer server = Listen();
        foreach (bool abort in new[] { false, true })
        {
            using TcpPairUnderTest pair = ConnectPair(server);
            string descriptor = $"/proc/self/fd/{pair.Accepted.Socket.Handle}";
            string socket = new FileInfo(descriptor).LinkTarget!;
            using var format = new PausingFormat();
            Task<int> reading = Limits.OnThread(() => pair.Accepted.GetOption(new SocketOption<int>(OptionTable.Type, format)));
            format.Reached.Wait(Limits.Hang).Should().BeTrue();

            Close(pair.Accepted, abort);

            Expect.Disposed(Record.Exception(() => pair.Accepted.NoDelay));
            new FileInfo(descriptor).LinkTarget.Should().Be(socket, "a call is inside");
            format.Passage.Set();
            (await reading.Within()).Should().Be((int)SocketType.Stream);
            new FileInfo(descriptor).LinkTarget.Should().NotBe(socket, "it was the last one out");
        }
    }

    [LinuxFact]
    public async Task A_duplicate_of_a_closed_descriptor_leaves_no_registration_behind()
    {
        using TcpServer server = Listen();
        using TcpPairUnderTest pair = ConnectPair(server);
        int fd = (int)pair.Accepted.Socket.Handle;
        Task<int> pending = pair.Accepted.ReceiveAsync(new byte[1]).AsTask();
        Registrations.Contains(fd).Should().BeTrue("or this test sees nothing");
        using SafeSocketHandle duplicate = pair.Accepted.DuplicateHandle();

        pair.Accepted.Dispose();

        await Expect.Disposed(pending);
        Registrations.Contains(fd).Should().BeFalse();
    }

    [LinuxFact]
    public async Task A_hundred_thousand_connections_give_back_every_descriptor_and_every_registration()
    {
        await CycleAllAsync(count: 400, resets: 10);
        int descriptors = OpenDescriptors.Count();
        IReadOnlyCollection<string> registrations = Registrations.List();

        await CycleAllAsync(Cycles - ResetCycles, ResetCycles);

        OpenDescriptors.ShouldReturnTo(descriptors);
        Registrations.List().Should().BeSubsetOf(registrations);
    }

    private async Task CycleAllAsync(int count, int resets)
    {
        UnixServer[] servers = [.. Enumerable.Range(0, Workers).Select(i => ListenUnix(PathOf(i.ToString(CultureInfo.InvariantCulture))))];
        using TcpServer resetting = Listen();
        await Task.WhenAll(servers.Select(server => Task.Run(() => CycleAsync(server, count / Workers))));
        await ResetAsync(resetting, resets);
        Array.ForEach(servers, static server => server.Dispose());
    }

    /// <summary>Each connection waits on the loop once, so that it is registered; every third is closed under a pending receive.</summary>
    private async Task CycleAsync(UnixServer server, int count)
    {
        string path = server.LocalEndPoint.ToString()!;
        byte[] buffer = new byte[1];
        for (int i = 0; i < count; i++)
        {
            using UnixClient client = await UnixClient.ConnectAsync(path, UnixClientOptions).ConfigureAwait(false);
            using UnixConnection accepted = await server.AcceptAsync().ConfigureAwait(false);
            ValueTask<int> receive = client.ReceiveAsync(buffer);
            if (i % 3 == 0)
            {
                client.Dispose();
                await Expect.Disposed(receive.AsTask()).ConfigureAwait(false);
                continue;
            }

            accepted.Send("x"u8);
            await receive.ConfigureAwait(false);
        }
    }

    /// <summary>A reset leaves nothing behind in the kernel that would keep its port.</summary>
    private async Task ResetAsync(TcpServer server, int count)
    {
        byte[] buffer = new byte[1];
        for (int i = 0; i < count; i++)
        {
            TcpClient client = await TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions).ConfigureAwait(false);
            using var pair = new TcpPairUnderTest(client, await server.AcceptAsync().ConfigureAwait(false));
            ValueTask<int> receive = pair.Client.ReceiveAsync(buffer);
            pair.Accepted.Send("x"u8);
            await receive.ConfigureAwait(false);
        }
    }

    private TcpPairUnderTest ConnectPair(TcpServer server) => new(Connect(server), server.Accept());

    private static async Task StartAsync(TcpPairUnderTest start, TcpPairUnderTest[] pairs)
    {
        await start.Accepted.ReceiveAsync(new byte[1]).ConfigureAwait(false);
        foreach (TcpPairUnderTest pair in pairs)
        {
            pair.Client.TrySend("o"u8, out _);
            pair.Client.ShutdownSend();
        }
    }

    /// <summary>Closes the one, and opens a pair that gets its number.</summary>
    private TcpPairUnderTest Replace(TcpPairUnderTest pair)
    {
        pair.Accepted.Dispose();
        return ConnectPair();
    }

    private static async Task<int> ReceiveAsync(TcpPairUnderTest pair, Action? onLoop)
    {
        byte[] buffer = new byte[1];
        int received = await pair.Accepted.ReceiveAsync(buffer).ConfigureAwait(false);
        onLoop?.Invoke();
        return received == 1 ? buffer[0] : -1;
    }

    private static void Close(TcpConnection connection, bool abort)
    {
        if (abort)
        {
            connection.Abort();
        }
        else
        {
            connection.Dispose();
        }
    }

    /// <summary>Holds an option call where it has the value already and has not left the connection yet.</summary>
    private sealed class PausingFormat : OptionFormat<int>, IDisposable
    {
        public ManualResetEventSlim Reached { get; } = new();

        public ManualResetEventSlim Passage { get; } = new();

        public override void Check(int value, string option, string parameter) => throw new NotSupportedException();

        public override int Write(int value, Span<byte> buffer) => throw new NotSupportedException();

        public override int Read(ReadOnlySpan<byte> value)
        {
            Reached.Set();
            Passage.Wait(Limits.Hang).Should().BeTrue();
            return ReadInt(value);
        }

        public void Dispose()
        {
            Reached.Dispose();
            Passage.Dispose();
        }
    }

    private sealed class Target : IEventTarget
    {
        ulong IEventTarget.Key { get; set; }

        public void OnEvents(uint events)
        {
        }

        public bool TryReceive() => false;
    }
}

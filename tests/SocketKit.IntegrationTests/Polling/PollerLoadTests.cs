using SocketKit.Engine.Platform;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Polling;

/// <summary>Many sockets, and nothing on the heap. Alone in the process, because descriptors and allocations are counted.</summary>
[Collection(Serial.Name)]
public abstract class PollerLoadTests<TEngine, TPoller> : PollerTests<TEngine, TPoller>
    where TEngine : EngineUnderTest, new()
    where TPoller : EngineUnderTest, new()
{
    /// <summary>More than this process has beside the sockets of the test.</summary>
    private const int OtherDescriptors = 1_000;

    /// <summary>From 80 entries on Socket.Select allocates. Each stream that is to be readable is one.</summary>
    private const int FewPairs = 30;

    [ManySocketsFact(Sockets + OtherDescriptors)]
    public void One_ready_socket_among_ten_thousand_is_found()
    {
        using SocketPoller poller = NewPoller();
        var pairs = new (TcpConnection First, TcpConnection Second)[Sockets / 2];
        for (int i = 0; i < pairs.Length; i++)
        {
            pairs[i] = TcpConnection.CreatePair(new() { Engine = Engine });
            poller.Add(pairs[i].First, Readiness.Readable, i);
            poller.Add(pairs[i].Second, Readiness.Readable, i);
        }

        try
        {
            poller.Count.Should().Be(Sockets);
            Look(poller).Should().BeEmpty();
            byte[] buffer = new byte[16];
            foreach (int i in (int[])[0, 1, pairs.Length / 2, pairs.Length - 1])
            {
                pairs[i].First.Send(Hello);
                ReadySocket found = Find(poller).Should().ContainSingle().Subject;
                found.Socket.Should().BeSameAs(pairs[i].Second);
                found.State.Should().Be(i);
                pairs[i].Second.Receive(buffer);
            }

            foreach ((TcpConnection first, _) in pairs)
            {
                first.Send(Hello);
            }

            var ready = new ReadySocket[pairs.Length];
            int all = poller.Wait(ready, Limits.Hang);
            ready.Take(all).Select(static one => one.Socket).Should().OnlyHaveUniqueItems();
            all.Should().BeGreaterThan(pairs.Length / 2, "one wait takes as many as fit, and the bytes are there or come at once");
        }
        finally
        {
            Array.ForEach(pairs, static pair =>
            {
                pair.First.Abort();
                pair.Second.Abort();
            });
        }

        poller.Count.Should().Be(0);
        Look(poller).Should().BeEmpty();
    }

    [Fact]
    public void Waiting_receiving_and_waking_allocate_nothing()
    {
        using SocketPoller poller = NewPoller();
        (TcpConnection First, TcpConnection Second)[] pairs =
            [.. Enumerable.Range(0, FewPairs).Select(_ => TcpConnection.CreatePair(new() { Engine = Engine }))];
        Array.ForEach(pairs, pair => poller.Add(pair.Second, Readiness.Readable));
        using UdpEndpoint endpoint = Bind();
        poller.Add(endpoint, Readiness.Readable);
        var ready = new ReadySocket[16];
        byte[] buffer = new byte[16];
        int next = 0;

        long allocated = Allocations.Of(() =>
        {
            (TcpConnection first, TcpConnection second) = pairs[next++ % pairs.Length];
            first.Send(Hello);
            while (poller.Wait(ready, Limits.Hang) != 1 || ready[0].Socket != second)
            {
            }

            second.TryReceive(buffer, out _);
            poller.Wait(ready, TimeSpan.Zero);
            poller.Modify(second, Readiness.None);
            poller.Modify(second, Readiness.Readable | Readiness.HangUp);
            poller.Wake();
            poller.Wait(ready, Limits.Hang);
        });

        // Socket.Select is given another object for a socket that was paused.
        if (!IsSelect)
        {
            allocated.Should().Be(0);
        }

        Allocations.Of(() =>
        {
            pairs[0].First.Send(Hello);
            poller.Wait(ready, Limits.Hang);
            pairs[0].Second.TryReceive(buffer, out _);
            poller.Wait(ready, TimeSpan.Zero);
            poller.Wake();
            poller.Wait(ready, Limits.Hang);
        }).Should().Be(0);
        Array.ForEach(pairs, static pair =>
        {
            pair.First.Abort();
            pair.Second.Abort();
        });
    }

    [Fact]
    public void Adding_and_removing_leaves_nothing_open()
    {
        using TcpPairUnderTest pair = ConnectPair();
        int before = OperatingSystem.IsLinux() ? OpenDescriptors.Count() : 0;
        for (int i = 0; i < 1_000; i++)
        {
            using SocketPoller poller = NewPoller();
            poller.Add(pair.Client, Readiness.Readable);
            Look(poller).Should().BeEmpty();
        }

        if (OperatingSystem.IsLinux())
        {
            OpenDescriptors.ShouldReturnTo(before);
        }
    }

    private const int Sockets = 10_000;
}

/// <summary>A test that needs many descriptors; skipped, with the reason, where the limit is too low.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ManySocketsFactAttribute : FactAttribute
{
    public ManySocketsFactAttribute(int descriptors) =>
        Skip = Descriptors.Limit is { } limit && limit < descriptors ? $"needs {descriptors} descriptors, and the limit is {limit}" : null;
}

public sealed class PollerLoadTests_PortableBySelect : PollerLoadTests<PortableUnderTest, PortableUnderTest>;

public sealed class PollerLoadTests_PortableByEpoll : PollerLoadTests<PortableUnderTest, EpollUnderTest>;

public sealed class PollerLoadTests_EpollBySelect : PollerLoadTests<EpollUnderTest, PortableUnderTest>;

public sealed class PollerLoadTests_EpollByEpoll : PollerLoadTests<EpollUnderTest, EpollUnderTest>;

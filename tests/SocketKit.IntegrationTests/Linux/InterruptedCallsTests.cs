using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Sockets;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Signals that hit the thread that waits: poll(2) and epoll_wait(2) end with EINTR, whatever the handler asks for.</summary>
[Collection(Serial.Name)]
[SupportedOSPlatform("linux")]
public sealed class InterruptedCallsTests : TcpSignals<PortableUnderTest>
{
    [LinuxFact("python3")]
    public async Task A_poll_ends_at_its_time_and_not_before()
    {
        using SocketFixture pair = SocketFixture.Pair();
        var clock = Stopwatch.StartNew();
        int result = await Under(() => StreamCalls.Poll(pair.A, StreamCalls.PollIn, 1000), static () => { });
        result.Should().Be(0);
        clock.ElapsedMilliseconds.Should().BeGreaterThanOrEqualTo(1000);
    }

    [LinuxFact("python3")]
    public async Task A_poll_without_end_goes_on()
    {
        using SocketFixture pair = SocketFixture.Pair();
        (await Under(() => StreamCalls.Poll(pair.A, StreamCalls.PollIn, -1), () => pair.Second.Send("x"u8)))
            .Should().Be(StreamCalls.PollIn);
    }

    [LinuxFact("python3")]
    public async Task A_receive_goes_on()
    {
        using SocketFixture pair = SocketFixture.Pair();
        Task<int> call =
            Under(() => StreamCalls.Receive(pair.A, new byte[1], wait: true, peek: false, out _), () => pair.Second.Send("x"u8));
        (await call).Should().Be(1);
    }

    [LinuxFact("python3")]
    public async Task A_wait_for_events_has_none_then()
    {
        using var set = new EpollSet();
        int waits = 0;
        int count = await Under(
            () =>
            {
                int events;
                do
                {
                    waits++;
                    events = set.Wait(-1);
                }
                while (events == 0);

                return events;
            },
            set.Wake);
        count.Should().Be(1);
        waits.Should().BeGreaterThan(1, "signals have interrupted it");
    }
}

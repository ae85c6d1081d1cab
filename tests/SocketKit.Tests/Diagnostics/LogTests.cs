using System.Reflection;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Diagnostics;

public sealed class LogTests
{
    private static readonly (string Name, LoggerMessageAttribute Message)[] s_messages =
    [
        .. typeof(Log).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Select(static method => (method.Name, Message: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(static found => found.Message is not null)
            .Select(static found => (found.Name, found.Message!)),
    ];

    private static readonly Dictionary<string, int> s_ids = typeof(EventIds)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(static field => field.Name, static field => (int)field.GetRawConstantValue()!);

    [Fact]
    public void No_two_events_share_a_number()
    {
        s_ids.Should().HaveCountGreaterThan(5);
        s_ids.Values.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Every_message_has_the_number_of_its_name_and_every_number_a_message()
    {
        s_messages.Select(static found => found.Name).Should().BeEquivalentTo(s_ids.Keys);
        s_messages.Should().OnlyContain(static found => found.Message.EventId == s_ids[found.Name]);
    }

    [Fact]
    public void What_a_peer_does_is_never_above_debug()
    {
        string[] peers =
        [
            "ConnectionAccepted", "ConnectionClosed", "AcceptRetried", "HandlerDisconnected", "ConnectFailed", "TlsHandshakeFailed",
        ];

        s_messages.Where(found => peers.Contains(found.Name)).Should().HaveCount(peers.Length)
            .And.OnlyContain(static found => found.Message.Level <= LogLevel.Debug);
    }

    [Theory]
    [InlineData(null, LogLevel.Debug)]
    [InlineData("warp", LogLevel.Warning)]
    public void An_engine_that_cannot_be_had_is_a_warning_only_where_somebody_asked_for_it(string? asked, LogLevel level)
    {
        using var log = new LogRecorder();

        Loggers.Report(log.CreateLogger("test"), asked, SocketEngine.Portable);

        log.Lines.Should().ContainSingle().Which.Level.Should().Be(level);
    }

    [Fact]
    public void A_name_that_no_engine_has_is_told_once_with_the_names_there_are()
    {
        using var log = new LogRecorder();
        SocketEngine engine = EngineSelector.Select("turbo", null).Engine;

        Loggers.Report(log.CreateLogger("test"), "turbo", engine);

        log.Lines.Should().ContainSingle().Which.Text.Should().Be(
            "This is the portable engine (System.Net.Sockets), because 'turbo' (SOCKETKIT_ENGINE) is not available here. "
            + "The names are: epoll (Linux on x64 and arm64), portable.");
    }

    [Fact]
    public void A_flood_becomes_one_line()
    {
        var rate = new LogRate(new ManualClock());

        rate.ShouldLog(out int first).Should().BeTrue();
        Enumerable.Range(0, 1000).Count(_ => rate.ShouldLog(out int _)).Should().Be(0);
        first.Should().Be(1);
    }

    [Fact]
    public void The_next_line_comes_when_the_interval_is_over_and_counts_what_was_held_back()
    {
        var clock = new ManualClock();
        var rate = new LogRate(clock);
        rate.ShouldLog(out int _);
        rate.ShouldLog(out int _);

        clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        rate.ShouldLog(out int _).Should().BeFalse();
        clock.Advance(TimeSpan.FromTicks(1));

        rate.ShouldLog(out int events).Should().BeTrue();
        events.Should().Be(3);
        rate.ShouldLog(out int _).Should().BeFalse();
    }

    [Fact]
    public async Task Of_many_threads_one_logs()
    {
        const int Threads = 8;
        LogRate[] rates = [.. Enumerable.Range(0, 100).Select(static _ => new LogRate(TimeProvider.System))];
        int[] logged = new int[rates.Length];
        using var start = new Barrier(Threads);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Limits.OnThread(() =>
        {
            for (int i = 0; i < rates.Length; i++)
            {
                start.SignalAndWait();
                if (rates[i].ShouldLog(out int _))
                {
                    Interlocked.Increment(ref logged[i]);
                }
            }
        }))).Within();

        logged.Should().OnlyContain(static count => count == 1);
    }
}

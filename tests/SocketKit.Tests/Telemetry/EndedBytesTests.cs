using SocketKit.Telemetry;
using SocketKit.Tests.Options;

namespace SocketKit.Tests.Telemetry;

/// <summary>The bytes of closed connections, of which some may still count.</summary>
public sealed class EndedBytesTests
{
    private readonly EndedBytes _ended = new();

    [Fact]
    public void A_channel_without_a_call_is_final_at_once()
    {
        using var channel = new WatchedChannel { Received = 5 };

        _ended.Add(channel);
        channel.Received = 100;

        (_ended.Total.Received, _ended.Unsettled).Should().Be((5, 0));
    }

    [Fact]
    public void What_a_call_counts_after_the_close_is_in_it()
    {
        using var channel = new WatchedChannel { Received = 5, IsUnderWay = true };
        _ended.Add(channel);
        _ended.Total.Received.Should().Be(5);

        channel.Received = 7;

        (_ended.Total.Received, _ended.Unsettled).Should().Be((7, 1));
    }

    [Fact]
    public void A_channel_whose_call_has_returned_is_let_go_when_others_end()
    {
        WatchedChannel[] slow = [.. Enumerable.Range(0, 10).Select(static _ => new WatchedChannel { Received = 1, IsUnderWay = true })];
        Array.ForEach(slow, _ended.Add);
        _ended.Unsettled.Should().Be(10);
        Array.ForEach(slow, static channel => channel.IsUnderWay = false);

        for (int i = 0; i < 5; i++)
        {
            using var quick = new WatchedChannel { Received = 1 };
            _ended.Add(quick);
        }

        (_ended.Total.Received, _ended.Unsettled).Should().Be((15, 0));
        Array.ForEach(slow, static channel => channel.Dispose());
    }

    [Fact]
    public void One_that_never_returns_does_not_hold_up_the_others()
    {
        using var stuck = new WatchedChannel { Received = 1, IsUnderWay = true };
        _ended.Add(stuck);

        for (int i = 0; i < 100; i++)
        {
            using var quick = new WatchedChannel { Received = 1 };
            _ended.Add(quick);
        }

        (_ended.Total.Received, _ended.Unsettled).Should().Be((101, 1));
    }

    [Fact]
    public void Adding_all_of_another_one_takes_nothing_from_it()
    {
        using var final = new WatchedChannel { Received = 2 };
        using var counting = new WatchedChannel { Received = 3, IsUnderWay = true };
        _ended.Add(final);
        _ended.Add(counting);
        var total = new EndedBytes();

        total.Add(_ended);
        counting.Received = 4;

        (_ended.Total.Received, total.Total.Received).Should().Be((6, 6));
    }
}

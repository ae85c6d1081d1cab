using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;

namespace SocketKit.Tests.Tcp;

/// <summary>Look-ups over a resolver that answers when the test says so.</summary>
public sealed class NameLookupsTests : IDisposable
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, ManualResetEventSlim> _gates = new();
    private readonly ConcurrentQueue<string> _asked = new();

    public void Dispose()
    {
        foreach (ManualResetEventSlim gate in _gates.Values)
        {
            gate.Set();
        }
    }

    [Fact]
    public async Task Callers_of_one_name_share_a_look_up()
    {
        NameLookups lookups = Make();
        Task<NameAnswer>[] all = [.. Enumerable.Range(0, 20).Select(_ => FindAsync(lookups, "a"))];
        Task<NameAnswer> blocking = Task.Factory.StartNew(
            () => lookups.Find("a", AddressFamily.Unspecified, Deadline.Infinite), TaskCreationOptions.LongRunning);
        all.Should().OnlyContain(static task => !task.IsCompleted);

        Open("a");

        foreach (Task<NameAnswer> one in all)
        {
            (await one.WaitAsync(s_hang)).Addresses.Should().Equal(IPAddress.Loopback);
        }

        (await blocking.WaitAsync(s_hang)).Addresses.Should().Equal(IPAddress.Loopback);
        _asked.Count.Should().BeInRange(1, 2, "the blocking caller may have come after the answer");
    }

    [Fact]
    public async Task A_slow_name_does_not_hold_up_another()
    {
        NameLookups lookups = Make();
        Task<NameAnswer> slow = FindAsync(lookups, "slow");
        Open("quick");

        (await FindAsync(lookups, "quick").WaitAsync(s_hang)).Addresses.Should().Equal(IPAddress.Loopback);
        slow.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task No_more_threads_than_allowed_look_up_and_the_others_wait_for_their_turn()
    {
        NameLookups lookups = Make(mostThreads: 2);
        Task<NameAnswer>[] all = [.. "abcd".Select(name => FindAsync(lookups, name.ToString()))];
        await AskedAsync(2);

        Open("a");
        await AskedAsync(3);
        _asked.Should().Equal(_asked.Distinct()).And.HaveCount(3);

        foreach (char name in "bcd")
        {
            Open(name.ToString());
        }

        (await Task.WhenAll(all).WaitAsync(s_hang)).Should().OnlyContain(static answer => answer.Addresses.Length == 1);
    }

    [Fact]
    public async Task A_look_up_that_all_have_given_up_is_not_joined_and_not_begun_when_it_waits_still()
    {
        NameLookups lookups = Make(mostThreads: 1);
        using var source = new CancellationTokenSource();
        Task<NameAnswer> stuck = FindAsync(lookups, "stuck", cancellationToken: source.Token);
        await AskedAsync(1);
        Task<NameAnswer> queued = FindAsync(lookups, "queued", cancellationToken: source.Token);
        await source.CancelAsync();
        (await stuck.WaitAsync(s_hang)).Should().BeSameAs(NameAnswer.GivenUp);
        (await queued.WaitAsync(s_hang)).Should().BeSameAs(NameAnswer.GivenUp);

        Task<NameAnswer> again = FindAsync(lookups, "stuck");
        Open("stuck");

        (await again.WaitAsync(s_hang)).Addresses.Should().Equal(IPAddress.Loopback);
        _asked.Should().Equal("stuck", "stuck");
    }

    [Fact]
    public async Task A_deadline_and_a_token_end_the_wait_in_both_shapes()
    {
        NameLookups lookups = Make();
        using var fired = new CancellationTokenSource();
        await fired.CancelAsync();

        lookups.Find("a", AddressFamily.Unspecified, Deadline.After(TimeSpan.Zero)).Should().BeSameAs(NameAnswer.GivenUp);
        (await FindAsync(lookups, "a", TimeSpan.FromMilliseconds(1)).WaitAsync(s_hang)).Should().BeSameAs(NameAnswer.GivenUp);
        (await FindAsync(lookups, "b", cancellationToken: fired.Token)).Should().BeSameAs(NameAnswer.GivenUp);
        _asked.Should().NotContain("b");
    }

    [Fact]
    public async Task Whatever_the_resolver_throws_reaches_each_caller()
    {
        var lookups = new NameLookups(static (_, _) => throw new InvalidTimeZoneException("mine"), 1);

        await new Func<Task>(() => FindAsync(lookups, "a").WaitAsync(s_hang)).Should().ThrowAsync<InvalidTimeZoneException>();
        new Action(() => lookups.Find("a", AddressFamily.Unspecified, Deadline.Infinite)).Should().Throw<InvalidTimeZoneException>();
        new Action(() => lookups.Find("a", AddressFamily.Unspecified)).Should().Throw<InvalidTimeZoneException>();
    }

    [Fact]
    public void The_resolver_s_errors_are_answers_and_addresses_are_unmapped()
    {
        Answer(static () => throw new SocketException((int)SocketError.TryAgain)).Error.Should().Be(SocketError.TryAgain);
        Answer(static () => throw new SocketException((int)SocketError.TryAgain)).Why.Should().StartWith("no name server answered");
        Answer(static () => throw new ArgumentOutOfRangeException()).Error.Should().Be(SocketError.HostNotFound);
        Answer(static () => []).Error.Should().Be(SocketError.HostNotFound);
        Answer(static () => [IPAddress.Parse("::ffff:192.0.2.1"), IPAddress.Parse("192.0.2.1"), IPAddress.IPv6Loopback])
            .Addresses.Should().Equal(IPAddress.Parse("192.0.2.1"), IPAddress.IPv6Loopback);

        static NameAnswer Answer(Func<IPAddress[]> resolve) => new NameLookups((_, _) => resolve(), 1).Find("a", AddressFamily.Unspecified);
    }

    private NameLookups Make(int mostThreads = 100) => new(Resolve, mostThreads);

    private static Task<NameAnswer> FindAsync(
        NameLookups lookups, string name, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        lookups.FindAsync(name, AddressFamily.Unspecified, Deadline.After(timeout ?? Timeout.InfiniteTimeSpan), cancellationToken);

    private IPAddress[] Resolve(string name, AddressFamily family)
    {
        _asked.Enqueue(name);
        Gate(name).Wait();
        return [IPAddress.Loopback];
    }

    private void Open(string name) => Gate(name).Set();

    private ManualResetEventSlim Gate(string name) => _gates.GetOrAdd(name, static _ => new ManualResetEventSlim());

    private async Task AskedAsync(int count) =>
        (await Task.Run(() => SpinWait.SpinUntil(() => _asked.Count >= count, s_hang))).Should().BeTrue();
}

using System.Net.Sockets;
using System.Reflection;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

[SupportedOSPlatform("linux")]
public sealed class EpollSetTests
{
    private const uint All = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;

    private static readonly int s_hang = (int)Limits.Hang.TotalMilliseconds;

    [LinuxFact]
    public void An_edge_is_raised_once_for_what_is_not_read()
    {
        using SocketFixture pair = SocketFixture.Pair();
        using var set = new EpollSet();
        set.Add(pair.A, All, 1);
        set.Wait(s_hang).Should().Be(1);
        set.EventsAt(0).Should().Be(Libc.EPOLLOUT);
        set.Wait(0).Should().Be(0);

        pair.Second.Send("ab"u8);
        set.Wait(s_hang).Should().Be(1);
        set.EventsAt(0).Should().Be(Libc.EPOLLIN | Libc.EPOLLOUT);
        set.Wait(0).Should().Be(0);

        pair.Second.Send("c"u8);
        set.Wait(s_hang).Should().Be(1);
    }

    [LinuxFact]
    public void Each_event_carries_the_data_of_its_descriptor()
    {
        var pairs = Enumerable.Range(0, 20).Select(static _ => SocketFixture.Pair()).ToList();
        using var set = new EpollSet();
        ulong[] data = [.. Enumerable.Range(0, pairs.Count).Select(static i => 0xFEDC_BA98_7654_3210UL ^ ((ulong)i << 32) ^ (ulong)i)];
        for (int i = 0; i < pairs.Count; i++)
        {
            set.Add(pairs[i].A, All, data[i]);
        }

        int count = set.Wait(s_hang);

        count.Should().Be(pairs.Count);
        Enumerable.Range(0, count).Select(set.DataAt).Should().BeEquivalentTo(data);
        Enumerable.Range(0, count).Select(set.EventsAt).Should().OnlyContain(static events => events == Libc.EPOLLOUT);
        pairs.ForEach(static pair => pair.Dispose());
    }

    [LinuxFact]
    public void More_events_than_the_buffer_holds_come_in_several_waits()
    {
        var pairs = Enumerable.Range(0, EpollSet.Capacity + 10).Select(static _ => SocketFixture.Pair()).ToList();
        using var set = new EpollSet();
        for (int i = 0; i < pairs.Count; i++)
        {
            set.Add(pairs[i].A, All, (ulong)i);
        }

        var seen = new List<ulong>();
        for (int count = set.Wait(s_hang); count > 0; count = set.Wait(0))
        {
            count.Should().BeLessThanOrEqualTo(EpollSet.Capacity);
            seen.AddRange(Enumerable.Range(0, count).Select(set.DataAt));
        }

        seen.Should().BeEquivalentTo(Enumerable.Range(0, pairs.Count).Select(static i => (ulong)i));
        pairs.ForEach(static pair => pair.Dispose());
    }

    [LinuxFact]
    public void Data_and_the_end_of_the_stream_come_as_one_event()
    {
        using SocketFixture pair = SocketFixture.Tcp();
        using var set = new EpollSet();
        pair.Second.Send("ab"u8);
        StreamCalls.ShutdownSend(pair.B).Should().Be(SocketError.Success);
        StreamCalls.Poll(pair.A, (short)Libc.EPOLLRDHUP, s_hang).Should().Be((int)Libc.EPOLLRDHUP);

        set.Add(pair.A, All, 1);

        set.Wait(s_hang).Should().Be(1);
        set.EventsAt(0).Should().Be(Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP);
    }

    [LinuxFact]
    public void Modify_changes_events_and_data()
    {
        using SocketFixture pair = SocketFixture.Pair();
        using var set = new EpollSet();
        set.Add(pair.A, Libc.EPOLLIN, 1);
        set.Wait(0).Should().Be(0);

        set.Modify(pair.A, Libc.EPOLLOUT, 2);

        set.Wait(s_hang).Should().Be(1);
        (set.EventsAt(0), set.DataAt(0)).Should().Be((Libc.EPOLLOUT, 2UL));
    }

    [LinuxFact]
    public void A_removed_descriptor_raises_nothing_and_may_be_removed_again()
    {
        using SocketFixture pair = SocketFixture.Pair();
        using var set = new EpollSet();
        set.Add(pair.A, Libc.EPOLLOUT, 1);

        set.Remove(pair.A);

        set.Wait(0).Should().Be(0);
        set.Invoking(x => x.Remove(pair.A)).Should().NotThrow("it is not registered");
        set.Invoking(static x => x.Remove(-1)).Should().NotThrow("it is no descriptor");
    }

    [LinuxFact]
    public void What_the_system_refuses_is_named()
    {
        using SocketFixture pair = SocketFixture.Pair();
        using var set = new EpollSet();
        set.Add(pair.A, All, 1);

        set.Invoking(x => x.Add(pair.A, All, 1))
            .Should().Throw<SocketException>().WithMessage($"epoll_ctl(ADD, {pair.A}) failed: File exists*");
        set.Invoking(x => x.Modify(pair.B, All, 1)).Should().Throw<SocketException>().WithMessage($"epoll_ctl(MOD, {pair.B}) failed: *");
        string file = typeof(EpollSetTests).Assembly.Location;
        using SafeFileHandle plain = File.OpenHandle(file);
        int fd = (int)plain.DangerousGetHandle();
        set.Invoking(x => x.Remove(fd))
            .Should().Throw<SocketException>("a file cannot be polled").WithMessage($"epoll_ctl(DEL, {fd}) failed: *");
    }

    [LinuxFact]
    public async Task A_wait_is_woken_each_time_though_nobody_reads()
    {
        using var set = new EpollSet();
        for (int i = 0; i < 100; i++)
        {
            Task<int> waiting = Limits.OnThread(() => set.Wait(s_hang));
            set.Wake();
            (await waiting.Within()).Should().Be(1);
            (set.EventsAt(0), set.DataAt(0)).Should().Be((Libc.EPOLLIN, EpollSet.WakeData));
            set.Wait(0).Should().Be(0);
        }
    }

    [LinuxFact]
    public void A_full_counter_does_not_keep_a_wake_from_arriving()
    {
        using var set = new EpollSet();
        FieldInfo field = typeof(EpollSet).GetField("_wake", BindingFlags.Instance | BindingFlags.NonPublic)!;
        int fd = (int)((SafeFileHandle)field.GetValue(set)!).DangerousGetHandle();

        // The largest value that the counter can have: one more does not fit (eventfd(2)).
        using (var duplicate = new SafeFileHandle(StreamCalls.Duplicate(fd, out _), ownsHandle: true))
        using (var file = new FileStream(duplicate, FileAccess.Write, bufferSize: 0))
        {
            file.Write(BitConverter.GetBytes(ulong.MaxValue - 1));
        }

        set.Wait(s_hang).Should().Be(1);
        set.Wait(0).Should().Be(0);

        for (int i = 0; i < 3; i++)
        {
            set.Wake();
            set.Wait(s_hang).Should().Be(1);
            set.DataAt(0).Should().Be(EpollSet.WakeData);
        }
    }

    [LinuxFact]
    public void Only_events_of_the_last_wait_can_be_read()
    {
        using var set = new EpollSet();
        set.Invoking(static x => x.DataAt(0)).Should().Throw<ArgumentOutOfRangeException>();
        set.Wake();
        set.Wait(s_hang).Should().Be(1);
        set.Invoking(static x => x.EventsAt(1)).Should().Throw<ArgumentOutOfRangeException>();
        set.Invoking(static x => x.DataAt(-1)).Should().Throw<ArgumentOutOfRangeException>();
        set.Wait(0).Should().Be(0);
        set.Invoking(static x => x.EventsAt(0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [LinuxFact]
    public void A_wait_lasts_as_long_as_it_was_given()
    {
        using var set = new EpollSet();
        double longest = 0;

        // A signal, of which the runtime sends some itself, ends a wait early; not every one of ten.
        for (int i = 0; i < 10 && longest < 200; i++)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            set.Wait(200).Should().Be(0);
            longest = Math.Max(longest, clock.Elapsed.TotalMilliseconds);
        }

        longest.Should().BeGreaterThanOrEqualTo(200);
    }

    [LinuxFact]
    public void After_dispose_waking_and_removing_do_nothing_and_the_rest_throws()
    {
        using SocketFixture pair = SocketFixture.Pair();
        var set = new EpollSet();
        set.Add(pair.A, All, 1);
        set.Wait(s_hang).Should().Be(1);

        set.Dispose();
        set.Dispose();

        set.Wake();
        set.Remove(pair.A);
        set.Invoking(x => x.Add(pair.B, All, 1)).Should().Throw<ObjectDisposedException>();
        set.Invoking(x => x.Modify(pair.A, All, 1)).Should().Throw<ObjectDisposedException>();
        set.Invoking(static x => x.Wait(0)).Should().Throw<ObjectDisposedException>();
        set.Invoking(static x => x.DataAt(0)).Should().Throw<ArgumentOutOfRangeException>();
    }
}

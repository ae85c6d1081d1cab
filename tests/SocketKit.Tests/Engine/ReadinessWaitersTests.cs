using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Streams;

namespace SocketKit.Tests.Engine;

/// <summary>Who ends which waits, while another thread ends others.</summary>
public sealed class ReadinessWaitersTests
{
    private const int Rounds = 1_000_000;

    [Fact]
    public void A_close_ends_the_wait_for_data_although_another_thread_looks_for_waits_for_room_meanwhile()
    {
        var owner = new Owner();
        bool hasEnded = false;
        var looking = new Thread(() =>
        {
            while (!Volatile.Read(ref hasEnded))
            {
                owner.Waiters.End(owner, readable: false, writable: true);
            }
        });
        looking.Start();
        int left = 0;
        for (int i = 0; i < Rounds; i++)
        {
            ValueTask<IoResult> wait = owner.Waiters.WaitAsync(owner, SelectMode.SelectRead, CancellationToken.None).AsOutcome();
            owner.Waiters.EndAll(owner);
            left += wait.IsCompleted ? 0 : 1;
            owner.Waiters.EndAll(owner);
        }

        Volatile.Write(ref hasEnded, true);
        looking.Join();
        left.Should().Be(0);
    }

    [Fact]
    public async Task Room_ends_the_waits_for_room_alone_and_data_those_for_data()
    {
        var owner = new Owner();
        Task<IoResult>[] forData = [WaitAsync(owner, SelectMode.SelectRead), WaitAsync(owner, SelectMode.SelectRead)];
        Task<IoResult>[] forRoom = [WaitAsync(owner, SelectMode.SelectWrite), WaitAsync(owner, SelectMode.SelectWrite)];
        Task<IoResult> last = WaitAsync(owner, SelectMode.SelectRead);

        owner.Waiters.End(owner, readable: false, writable: true);
        await Task.WhenAll(forRoom);
        forData.Append(last).Should().OnlyContain(static wait => !wait.IsCompleted);

        owner.Waiters.End(owner, readable: true, writable: false);
        await Task.WhenAll(forData.Append(last));
    }

    private static Task<IoResult> WaitAsync(Owner owner, SelectMode mode) =>
        owner.Waiters.WaitAsync(owner, mode, CancellationToken.None).AsOutcome().AsTask();

    private sealed class Owner : IReadinessOwner
    {
        private ReadinessWaiters _waiters;

        public bool IsClosing => false;

        public ref ReadinessWaiters Waiters => ref _waiters;

        public ServiceSignal SignalOf(CancellationToken cancellationToken) => ServiceSignal.None;

        public bool StartReadableWait() => true;

        public bool StartWritableWait() => true;
    }
}

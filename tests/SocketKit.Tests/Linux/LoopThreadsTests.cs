using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>How many threads run the loops of an engine: as many as there are processors, and others for those that wait.</summary>
public sealed class LoopThreadsTests
{
    private const int Processors = 2;

    private readonly LoopThreads _threads = new(new SpareThreads(most: 0), Processors);

    [Fact]
    public void A_processor_is_free_until_as_many_threads_run()
    {
        Begin(1);
        _threads.HasFreeProcessor(asleep: 0).Should().BeTrue();
        Begin(1);
        _threads.HasFreeProcessor(asleep: 0).Should().BeFalse();
        _threads.HasFreeProcessor(asleep: 1).Should().BeTrue("a loop that sleeps needs no processor");
        _threads.TryBegin().Should().BeFalse();

        _threads.End();
        _threads.HasFreeProcessor(asleep: 0).Should().BeTrue();
    }

    [Fact]
    public void A_thread_that_waits_in_user_code_leaves_its_processor_to_another_until_it_returns()
    {
        var thread = new LoopThread(1);
        Begin(Processors);
        _threads.NoteBlocked(thread);
        _threads.NoteBlocked(thread);
        _threads.Running.Should().Be(Processors - 1, "it counts once");
        Begin(1);

        _threads.NoteReturned(thread);
        _threads.NoteReturned(thread);
        _threads.Running.Should().Be(Processors + 1);
    }

    [Fact]
    public void A_thread_that_returns_to_busy_processors_does_not_follow_its_loop()
    {
        var thread = new LoopThread(1);
        Begin(Processors);
        _threads.MayFollow(thread).Should().BeTrue("it is one of them");

        _threads.NoteBlocked(thread);
        Begin(1);
        _threads.MayFollow(thread).Should().BeFalse();
    }

    [Fact]
    public void A_thread_that_the_system_refuses_does_not_count()
    {
        _threads.TryStart(static (_, _) => { }, new object()).Should().BeFalse();
        _threads.Running.Should().Be(0);
    }

    private void Begin(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _threads.TryBegin().Should().BeTrue();
        }
    }
}

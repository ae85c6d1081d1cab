using System.Buffers;
using System.Collections.Concurrent;
using SocketKit.Sockets.Pipes;

namespace SocketKit.Tests.Pipes;

/// <summary>Segments that all connections share: each has one user at a time, whatever an application's pool does.</summary>
public sealed class PipeSegmentsTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly ObstinatePool _pool = new();

    public void Dispose() => _pool.Dispose();

    /// <summary>What is done to a chain so that it gives segments back.</summary>
    public enum Giving
    {
        Consume,
        Truncate,
        Clear,
    }

    [Theory]
    [InlineData(null, 1, 4096)]
    [InlineData(null, 5_000, 5_000)]
    [InlineData(100, 50, 50)]
    [InlineData(100, 5_000, 5_000)]
    public void A_segment_has_at_least_what_was_asked_for(int? most, int least, int expected)
    {
        using MemoryPool<byte>? pool = most is { } size ? new ObstinatePool { Most = size } : null;

        PipeSegment segment = PipeSegments.Rent(this, pool, size: 1, least);

        segment.Capacity.Should().BeGreaterThanOrEqualTo(expected);
        segment.Length.Should().Be(0);
        segment.User.Should().BeSameAs(this);
        PipeSegments.Return(segment);
        segment.User.Should().BeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Threads_that_rent_and_return_at_the_same_time_never_share_a_segment(int held)
    {
        const int Threads = 4;
        const int Rounds = 20_000;
        var passed = new ConcurrentQueue<PipeSegment>();
        Task[] threads = [.. Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                object user = new();
                var segments = new PipeSegment[held];
                for (int round = 0; round < Rounds; round++)
                {
                    for (int i = 0; i < held; i++)
                    {
                        // Every third one has memory of another size.
                        segments[i] = PipeSegments.Rent(user, null, i % 3 == 2 ? 5_000 : 1, 1);
                        segments[i].Extend(segments[i].Capacity);
                    }

                    foreach (PipeSegment segment in segments)
                    {
                        (segment.User == user && segment.Length == segment.Capacity && segment.NextSegment is null).Should().BeTrue();
                        passed.Enqueue(segment);
                    }

                    // What is given back is mostly what another thread has rented.
                    for (int i = 0; i < held && passed.TryDequeue(out PipeSegment? other); i++)
                    {
                        PipeSegments.Return(other);
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];

        await Task.WhenAll(threads).WaitAsync(s_limit);
    }

    [Theory]
    [InlineData(Giving.Consume)]
    [InlineData(Giving.Truncate)]
    [InlineData(Giving.Clear)]
    public void Segments_of_a_pool_whose_block_throws_when_it_is_given_back_are_never_given_back_twice(Giving giving)
    {
        var chain = default(SegmentChain);
        var all = new HashSet<PipeSegment>();
        for (int i = 0; i < 4; i++)
        {
            PipeSegment segment = PipeSegments.Rent(this, _pool, 10, 10);
            segment.Extend(10);
            chain.Add(segment);
            all.Add(segment);
        }

        // The last one of those that go back, so that others are spare already when it throws.
        _pool.Throws = giving == Giving.Consume ? 3 : 4;
        FluentActions.Invoking(() => Give(ref chain, giving)).Should().Throw<InvalidOperationException>();

        chain.Length.Should().Be(giving == Giving.Clear ? 0 : 10);
        chain.Sequence.Length.Should().Be(chain.Length, "the chain still knows what it holds");
        chain.Clear();
        chain.IsEmpty.Should().BeTrue();
        var rented = new HashSet<PipeSegment>();
        for (int i = 0; i < 100; i++)
        {
            rented.Add(PipeSegments.Rent(this, _pool, 10, 10)).Should().BeTrue("a segment has one user");
        }
    }

    [Fact]
    public void A_pool_that_gives_less_than_was_asked_for_is_refused_and_gets_its_block_back()
    {
        _pool.Gives = 9;

        FluentActions.Invoking(() => PipeSegments.Rent(this, _pool, size: 4096, least: 10))
            .Should().Throw<InvalidOperationException>().WithMessage("*4096*9*");

        _pool.Outstanding.Should().Be(0);
    }

    private static void Give(ref SegmentChain chain, Giving giving)
    {
        switch (giving)
        {
            case Giving.Consume:
                chain.Consume(30);
                break;
            case Giving.Truncate:
                chain.Truncate(10);
                break;
            default:
                chain.Clear();
                break;
        }
    }

    /// <summary>An application's pool that does not keep to its contract.</summary>
    private sealed class ObstinatePool : MemoryPool<byte>
    {
        private int _rents;

        public int Most { get; init; } = int.MaxValue;

        public override int MaxBufferSize => Most;

        /// <summary>The size of every block; 0: what was asked for.</summary>
        public int Gives { get; set; }

        /// <summary>Which block, counted from 1, throws when it is given back.</summary>
        public int Throws { get; set; }

        public int Outstanding { get; private set; }

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            Outstanding++;
            return new Owner(this, Gives > 0 ? Gives : minBufferSize, ++_rents);
        }

        protected override void Dispose(bool disposing)
        {
            // Blocks are the collector's.
        }

        private sealed class Owner(ObstinatePool pool, int size, int number) : IMemoryOwner<byte>
        {
            public Memory<byte> Memory { get; } = new byte[size];

            public void Dispose()
            {
                pool.Outstanding--;
                if (number == pool.Throws)
                {
                    throw new InvalidOperationException("The block refuses.");
                }
            }
        }
    }
}

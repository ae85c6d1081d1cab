using System.Buffers;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>A pool of an application's own, which knows what was not given back, and can refuse.</summary>
internal sealed class CountingPool(int maxBufferSize = int.MaxValue) : MemoryPool<byte>
{
    private int _rents;
    private int _outstanding;
    private int _largest;
    private volatile bool _refuses;

    public override int MaxBufferSize => maxBufferSize;

    public int Rents => Volatile.Read(ref _rents);

    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>The largest block that was asked for since this was last set to zero.</summary>
    public int Largest
    {
        get => Volatile.Read(ref _largest);
        set => Volatile.Write(ref _largest, value);
    }

    public bool Refuses
    {
        get => _refuses;
        set => _refuses = value;
    }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (_refuses)
        {
            throw new InvalidOperationException("The pool refuses.");
        }

        minBufferSize.Should().BeInRange(1, maxBufferSize);
        Interlocked.Increment(ref _rents);
        Interlocked.Increment(ref _outstanding);
        Largest = Math.Max(Largest, minBufferSize);
        return new Owner(this, minBufferSize);
    }

    protected override void Dispose(bool disposing)
    {
        // Blocks are the collector's.
    }

    private sealed class Owner(CountingPool pool, int size) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = new byte[size];

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Owner));

        public void Dispose()
        {
            byte[]? bytes = Interlocked.Exchange(ref _bytes, null);
            bytes.Should().NotBeNull("a block is given back once");

            // Whoever still reads it, or sends it, is found out.
            bytes.AsSpan().Fill(0xDD);
            Interlocked.Decrement(ref pool._outstanding);
        }
    }
}

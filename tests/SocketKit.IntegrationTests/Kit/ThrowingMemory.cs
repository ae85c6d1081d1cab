using System.Buffers;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Memory whose owner lets go of it too early: from then on it throws.</summary>
internal sealed class ThrowingMemory(int length) : MemoryManager<byte>
{
    private readonly byte[] _bytes = new byte[length];
    private int _accesses = int.MaxValue;

    public void LetGo() => LetGoAfter(0);

    /// <summary>So many more accesses succeed.</summary>
    public void LetGoAfter(int accesses) => Volatile.Write(ref _accesses, accesses);

    public override Span<byte> GetSpan() =>
        Interlocked.Decrement(ref _accesses) < 0 ? throw new InvalidOperationException("The memory is gone.") : _bytes;

    public override MemoryHandle Pin(int elementIndex = 0) => _bytes.AsMemory(elementIndex).Pin();

    public override void Unpin()
    {
        // Nothing of its own is pinned.
    }

    protected override void Dispose(bool disposing) => LetGo();
}

using System.Buffers;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Memory whose owner lets go of it too early: from then on it throws.</summary>
internal sealed class ThrowingMemory(int length) : MemoryManager<byte>
{
    private readonly byte[] _bytes = new byte[length];
    private bool _isGone;

    public void LetGo() => Volatile.Write(ref _isGone, true);

    public override Span<byte> GetSpan() => Volatile.Read(ref _isGone) ? throw new InvalidOperationException("The memory is gone.") : _bytes;

    public override MemoryHandle Pin(int elementIndex = 0) => _bytes.AsMemory(elementIndex).Pin();

    public override void Unpin()
    {
        // Nothing of its own is pinned.
    }

    protected override void Dispose(bool disposing) => LetGo();
}

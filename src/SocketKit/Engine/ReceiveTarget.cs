namespace SocketKit.Engine;

/// <summary>Where the bytes of a receive go: the caller's memory, or memory that is lent for each attempt.</summary>
internal readonly struct ReceiveTarget
{
    private readonly Memory<byte> _memory;
    private readonly IMemoryLender? _lender;

    public ReceiveTarget(Memory<byte> memory) => _memory = memory;

    public ReceiveTarget(IMemoryLender lender) => _lender = lender;

    /// <summary>The memory for the next attempt.</summary>
    public Memory<byte> Memory => _lender is null ? _memory : _lender.Lend();

    /// <summary>The same as a span.</summary>
    public Span<byte> Span => _lender is null ? _memory.Span : _lender.Lend().Span;

    /// <summary>The attempt found nothing.</summary>
    public void GiveBack() => _lender?.TakeBack();
}

namespace SocketKit.Engine;

/// <summary>
/// Lends memory to a receive when something is there, so that a receive that waits holds none. It serves one receive at a time.
/// </summary>
internal interface IMemoryLender
{
    /// <summary>
    /// At least one byte of memory for the attempt that the calling thread is about to make. What this throws ends the receive, and no
    /// byte is lost.
    /// </summary>
    Memory<byte> Lend();

    /// <summary>
    /// The attempt found nothing, so the memory is the lender's again. At the end of a receive the lender takes it by itself.
    /// </summary>
    void TakeBack();
}

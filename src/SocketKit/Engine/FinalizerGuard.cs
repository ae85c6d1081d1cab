using System.Diagnostics.CodeAnalysis;

namespace SocketKit.Engine;

/// <summary>
/// Closes the channel of a connection that nobody disposed and nobody knows any more. The channel cannot do that itself: an engine knows it
/// for as long as its descriptor is registered.
/// </summary>
internal sealed class FinalizerGuard(StreamChannel channel)
{
    ~FinalizerGuard() => channel.Dispose();

    /// <summary>The channel was closed.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "Nothing is disposed: there is only nothing left to guard.")]
    public void Release() => GC.SuppressFinalize(this);
}

using System.Diagnostics.CodeAnalysis;

namespace SocketKit.Engine;

/// <summary>
/// Closes the channel of a connection that nobody disposed and nobody knows any more. The channel cannot do that itself: an engine knows it
/// for as long as its descriptor is registered.
/// </summary>
internal sealed class FinalizerGuard(StreamChannel channel)
{
    private StreamChannel _channel = channel;

    ~FinalizerGuard() => _channel.Dispose();

    /// <summary>The connection has changed its channel: the new one is closed from now on, and with it the one that it wraps.</summary>
    public void Guard(StreamChannel channel) => _channel = channel;

    /// <summary>The channel was closed.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "Nothing is disposed: there is only nothing left to guard.")]
    public void Release() => GC.SuppressFinalize(this);
}

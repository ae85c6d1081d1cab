using System.Diagnostics.CodeAnalysis;

namespace SocketKit.Engine;

/// <summary>
/// Closes the channel of a connection that was never disposed and is no longer referenced. The channel cannot do that itself: the engine
/// references it while its descriptor is registered.
/// </summary>
internal sealed class FinalizerGuard(StreamChannel channel)
{
    private StreamChannel _channel = channel;

    ~FinalizerGuard() => _channel.Dispose();

    /// <summary>
    /// The connection has changed its channel. The finalizer closes the new channel, which closes the channel that it wraps.
    /// </summary>
    public void Guard(StreamChannel channel) => _channel = channel;

    /// <summary>The channel has been closed, so the finalizer need not run.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "Nothing is disposed: there is only nothing left to guard.")]
    public void Release() => GC.SuppressFinalize(this);
}

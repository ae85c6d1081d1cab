using System.Diagnostics.CodeAnalysis;
using SocketKit.Engine;

namespace SocketKit.Sockets;

/// <summary>
/// Closes the channel of an endpoint that was never disposed and is no longer referenced: an engine with loops references a channel while
/// its descriptor is registered.
/// </summary>
internal sealed class EndpointGuard
{
    private readonly DatagramChannel _channel;

    private EndpointGuard(DatagramChannel channel) => _channel = channel;

    ~EndpointGuard() => _channel.Dispose();

    /// <summary>Null for a channel that the runtime closes by itself.</summary>
    public static EndpointGuard? Of(DatagramChannel channel) => channel.NeedsGuard ? new EndpointGuard(channel) : null;

    /// <summary>The channel has been closed, so the finalizer need not run.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "Nothing is disposed: there is only nothing left to guard.")]
    public void Release() => GC.SuppressFinalize(this);
}

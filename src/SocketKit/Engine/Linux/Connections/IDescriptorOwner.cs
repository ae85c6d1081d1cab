namespace SocketKit.Engine.Linux.Connections;

/// <summary>The channel that an <see cref="EpollDescriptor"/> belongs to.</summary>
internal interface IDescriptorOwner
{
    /// <summary>See <see cref="StreamChannel.SignalOf"/>.</summary>
    ServiceSignal SignalOf(CancellationToken cancellationToken);

    /// <summary>Called on the loop: the peer has finished or the connection is dead, and no pending receive would notice.</summary>
    void OnReadsOver();

    /// <summary>Called by the last caller that leaves a closing descriptor: close(2).</summary>
    void CloseUnused();
}

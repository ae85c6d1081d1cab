namespace SocketKit.Engine.Linux.Connections;

/// <summary>The channel that an <see cref="EpollDescriptor"/> belongs to.</summary>
internal interface IDescriptorOwner
{
    /// <summary>See <see cref="StreamChannel.SignalOf"/>.</summary>
    ServiceSignal SignalOf(CancellationToken cancellationToken);

    /// <summary>Called on the loop: the peer has finished, or the socket is dead.</summary>
    /// <param name="isNoticed">Whether a pending receive has noticed it.</param>
    void OnReadsOver(bool isNoticed);

    /// <summary>Called on the loop, for a descriptor that does not watch for room all the time: a send may not wait any more.</summary>
    void OnRoom();

    /// <summary>Called by the last caller that leaves a closing descriptor: close(2).</summary>
    void CloseUnused();
}

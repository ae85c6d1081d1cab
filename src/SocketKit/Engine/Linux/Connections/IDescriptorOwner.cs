namespace SocketKit.Engine.Linux.Connections;

/// <summary>The channel that an <see cref="EpollDescriptor"/> belongs to.</summary>
internal interface IDescriptorOwner
{
    /// <summary>See <see cref="StreamChannel.Follows"/>.</summary>
    ServiceSignal Follows(CancellationToken cancellationToken);

    /// <summary>On the loop: the peer has finished or the connection is dead, and no receive waits that would notice.</summary>
    void OnReadsOver();

    /// <summary>The last caller has left a closing descriptor: close(2).</summary>
    void CloseUnused();
}

namespace SocketKit.Engine;

/// <summary>What a datagram socket leaves to the kernel: to cut runs of datagrams, and to hand over several as one.</summary>
internal interface IDatagramOffload
{
    /// <summary>Whether runs of datagrams are handed to the kernel as one, which cuts them.</summary>
    bool Segments { get; }

    /// <summary>Whether the kernel may hand datagrams over as one, which the channel takes apart.</summary>
    bool TakesTrains { get; }

    /// <summary>Called before the first call on a UDP socket. Without it no offload is used.</summary>
    /// <param name="segments">Whether runs of datagrams may be handed to the kernel as one.</param>
    /// <param name="trains">Whether receives into a batch may ask the kernel to hand datagrams over as one.</param>
    void UseOffloads(bool segments, bool trains);

    /// <summary>Bytes of the next datagram, of which the kernel says how long it is; that may be the length of several.</summary>
    int Available(int first);
}

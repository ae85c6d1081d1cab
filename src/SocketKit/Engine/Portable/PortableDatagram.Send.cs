using SocketKit.Engine.Datagrams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableDatagram
{
    private readonly Lock _sendsLock = new();
    private readonly HashSet<DatagramSend> _sends = [];
    private DatagramSend? _spareSend;

    internal void BeginPending(DatagramSend operation)
    {
        lock (_sendsLock)
        {
            _sends.Add(operation);
        }
    }

    internal void EndPending(DatagramSend operation)
    {
        lock (_sendsLock)
        {
            _sends.Remove(operation);
        }
    }

    internal void Recycle(DatagramSend operation) => Volatile.Write(ref _spareSend, operation);

    protected override IoTask WaitToSendAsync(WaitingDatagrams waiting, TimeSpan timeout, CancellationToken cancellationToken)
    {
        DatagramSend operation = Interlocked.Exchange(ref _spareSend, null) ?? new DatagramSend(this);
        return operation.Start(waiting, timeout, cancellationToken);
    }

    private void InterruptSends()
    {
        DatagramSend[] pending;
        lock (_sendsLock)
        {
            pending = [.. _sends];
        }

        foreach (DatagramSend operation in pending)
        {
            operation.Interrupt(ChannelStatus.Closed);
        }
    }
}

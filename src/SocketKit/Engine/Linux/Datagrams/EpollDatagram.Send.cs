using System.Net.Sockets;
using SocketKit.Engine.Datagrams;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Datagrams;

internal sealed partial class EpollDatagram
{
    private readonly Lock _sending = new();
    private readonly List<EpollDatagramSend> _sends = [];
    private EpollDatagramSend? _spareSend;

    /// <summary>A copy of the sends that wait. Used by the loop only.</summary>
    private EpollDatagramSend?[] _attempted = [];

    /// <summary>There may be room: tries the sends that wait, the oldest one first.</summary>
    void IDescriptorOwner.OnRoom()
    {
        int count;
        lock (_sending)
        {
            count = _sends.Count;
            if (_attempted.Length < count)
            {
                Array.Resize(ref _attempted, _sends.Capacity);
            }

            _sends.CopyTo(_attempted!);
        }

        // Not under the lock, because an attempt reads the caller's memory.
        for (int i = 0; i < count; i++)
        {
            _attempted[i]!.OnRoom();
            _attempted[i] = null;
        }
    }

    /// <summary>The send waits from now on. False: the socket cannot be registered, and the send ends with the outcome.</summary>
    internal bool TryBeginPending(EpollDatagramSend operation, out IoResult outcome)
    {
        lock (_sending)
        {
            // Modifying a registration makes epoll(7) look at the socket again, so room that came since the attempt is announced. A close
            // that begins after the registration finds the send in the list.
            SocketError error = Register(EpollDescriptor.AllEvents);
            if (error != SocketError.Success)
            {
                outcome = OutcomeOf(error);
                return false;
            }

            _sends.Add(operation);
            outcome = default;
            return true;
        }
    }

    internal void EndPending(EpollDatagramSend operation)
    {
        lock (_sending)
        {
            _sends.Remove(operation);
            if (_sends.Count == 0)
            {
                _descriptor.Narrow();
            }
        }
    }

    internal void Recycle(EpollDatagramSend operation) => Volatile.Write(ref _spareSend, operation);

    protected override IoTask WaitToSendAsync(WaitingDatagrams waiting, TimeSpan timeout, CancellationToken cancellationToken)
    {
        EpollDatagramSend operation = Interlocked.Exchange(ref _spareSend, null) ?? new EpollDatagramSend(_descriptor, this);
        return operation.Start(waiting, timeout, cancellationToken);
    }

    private void EndSends()
    {
        EpollDatagramSend[] pending;
        lock (_sending)
        {
            pending = [.. _sends];
        }

        foreach (EpollDatagramSend operation in pending)
        {
            operation.Interrupt(ChannelStatus.Closed);
        }
    }
}

using System.Net;
using SocketKit.Engine.Batches;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>
/// Receives with UDP_GRO. Once it is on, a single receive may find a train, too, so every receive goes through
/// <see cref="DatagramTrains"/>. It is switched on by the first receive into a batch, because it takes half a mebibyte and a copy
/// of each datagram.
/// </summary>
internal sealed partial class NativeDatagramCalls
{
    private volatile DatagramTrains? _trains;
    private volatile bool _mayTakeTrains;
    private bool _areTrainsOurs;

    /// <summary>An errno that the kernel has told and no receive has reported; 0 is none.</summary>
    private int _heldError;
    private bool _hasNews;

    public override bool TakesTrains => _trains is not null;

    public override bool MayHold => _trains is not null || _mayTakeTrains;

    public override bool IsHolding => _trains is { } trains && (trains.IsHeld || Volatile.Read(ref _heldError) != 0);

    public override bool TakeNews()
    {
        bool hasNews = _hasNews && IsHolding;
        _hasNews = false;
        return hasNews;
    }

    public override int Available(int first)
    {
        if (_trains is not { } trains || first == 0)
        {
            return _trains is { IsHeld: true } held ? held.HeldLength : first;
        }

        if (trains.IsHeld)
        {
            return trains.HeldLength;
        }

        int segmentSize = SegmentCalls.PeekSegmentSize(_handle);
        if (segmentSize < 0)
        {
            HoldError(-segmentSize);
        }

        return segmentSize > 0 ? Math.Min(segmentSize, first) : first;
    }

    /// <summary>Trains as the options and the socket have it: a socket that was made elsewhere may have UDP_GRO already.</summary>
    private void UseTrains(bool mayTakeTrains)
    {
        _mayTakeTrains = mayTakeTrains;
        if (SegmentCalls.TryGetOption(_handle, Libc.UDP_GRO, out int isOn) && isOn != 0)
        {
            _trains = new DatagramTrains();
        }
    }

    /// <summary>A receive into a batch begins.</summary>
    private DatagramTrains? BeginTrains()
    {
        if (_mayTakeTrains && _trains is null)
        {
            if (SegmentCalls.TrySetOption(_handle, Libc.UDP_GRO, 1))
            {
                _areTrainsOurs = true;
                _trains = new DatagramTrains();
            }

            _mayTakeTrains = false;
        }

        return _trains;
    }

    private void EndTrains()
    {
        if (_areTrainsOurs)
        {
            SegmentCalls.TrySetOption(_handle, Libc.UDP_GRO, 0);
        }
    }

    /// <summary>One datagram: the next of a train, or what the kernel has.</summary>
    private DatagramResult ReceiveOne(
        DatagramTrains trains, Span<byte> buffer, SocketAddress from, bool peek, bool block, bool withPacketInfo)
    {
        if (!trains.IsHeld && TakeError() is var error and not 0)
        {
            return new DatagramResult(Failure(-error));
        }

        if (!trains.IsHeld)
        {
            int count = trains.Receive(_handle, block ? Libc.MSG_WAITFORONE : Libc.MSG_DONTWAIT, most: 1);
            if (count < 0)
            {
                return new DatagramResult(Failure(count));
            }

            _hasNews = true;
        }

        SlotState state = trains.Take(buffer, from.Buffer.Span, peek);
        from.Size = state.NameLength;
        var outcome = new IoResult(state.Length);
        return withPacketInfo && state.LocalLength > 0
            ? new DatagramResult(outcome, state.IsTruncated, Remember(DatagramBatch.LocalOf(in state)), state.InterfaceIndex)
            : new DatagramResult(outcome, state.IsTruncated);
    }

    /// <summary>Fills a batch with what is left of the last train, and with what the kernel has.</summary>
    private IoResult ReceiveMany(DatagramTrains trains, DatagramBatch batch, bool block, bool withDetails)
    {
        if (!trains.IsHeld && TakeError() is var error and not 0)
        {
            return Failure(-error);
        }

        int count = 0;
        while (count < batch.Capacity)
        {
            if (trains.IsHeld)
            {
                SlotState state = trains.Take(batch.DataOf(count), batch.NameOf(count), peek: false);
                batch.StateOf(count) = withDetails ? state : WithoutDetails(in state);
                count++;
                continue;
            }

            if (count > 0 && !trains.MayBeMore)
            {
                break;
            }

            int flags = block && count == 0 ? Libc.MSG_WAITFORONE : Libc.MSG_DONTWAIT;
            int received = trains.Receive(_handle, flags, batch.Capacity - count);
            if (received < 0 && count == 0)
            {
                return Failure(received);
            }

            if (received < 0)
            {
                HoldError(-received);
                break;
            }

            _hasNews = true;
        }

        batch.NoteReceived(count);
        return new IoResult(count);
    }

    private static SlotState WithoutDetails(in SlotState state) => new()
    {
        Length = state.Length,
        NameLength = state.NameLength,
        IsTruncated = state.IsTruncated,
        SegmentSize = state.SegmentSize,
    };

    /// <summary>The next receive tells it, because the kernel will not.</summary>
    private void HoldError(int errno)
    {
        if (errno != Errno.EAGAIN)
        {
            Interlocked.CompareExchange(ref _heldError, errno, 0);
            _hasNews = true;
        }
    }

    private int TakeError() => _heldError == 0 ? 0 : Interlocked.Exchange(ref _heldError, 0);
}

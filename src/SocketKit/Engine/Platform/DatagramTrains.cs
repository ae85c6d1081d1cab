using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Batches;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>
/// What a socket with UDP_GRO receives: trains, which are datagrams of one sender that the kernel hands over as one, and single datagrams.
/// They are taken from here one by one, and only then more is received. Used by the receive under way; any thread may ask what is held.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class DatagramTrains
{
    /// <summary>Messages of one call: with more of them no datagram costs less, and each takes 64 KiB.</summary>
    public const int Most = 8;

    /// <summary>No train and no datagram is longer (net/ipv4/udp_offload.c, udp_gro_receive_segment).</summary>
    private const int MessageBytes = 65_536;

    private const int Nothing = -1;

    private readonly byte[] _data = GC.AllocateUninitializedArray<byte>(Most * MessageBytes, pinned: true);
    private readonly byte[] _names = GC.AllocateArray<byte>(Most * DatagramBatch.NameBytes, pinned: true);
    private readonly MessageVector _vector;

    /// <summary>The messages of the last receive, and the one that is being taken apart.</summary>
    private int _count;
    private int _message;

    /// <summary>How far that one has come, its length, and the length of its datagrams.</summary>
    private int _offset;
    private int _length;
    private int _segmentSize;

    /// <summary>What its datagrams have in common.</summary>
    private SlotState _common;

    private volatile int _held = Nothing;

    public DatagramTrains() => _vector = new MessageVector(_data, _names, SegmentCalls.ControlBytes, Most);

    /// <summary>Whether a datagram is here.</summary>
    public bool IsHeld => _held != Nothing;

    /// <summary>Bytes of the datagram that is next; only if there is one.</summary>
    public int HeldLength => Math.Max(_held, 0);

    /// <summary>Whether the kernel may have more: the last receive got as many messages as it asked for.</summary>
    public bool MayBeMore { get; private set; }

    /// <summary>Messages that were thrown away because the kernel had no room to say where their datagrams end.</summary>
    public int WithoutBorders { get; private set; }

    /// <summary>One recvmmsg(2) into this object, which is empty: how many messages came, or the negative errno.</summary>
    /// <param name="handle">The socket.</param>
    /// <param name="flags">MSG_DONTWAIT, MSG_WAITFORONE.</param>
    /// <param name="most">The most messages to take; at least 1.</param>
    public int Receive(SafeSocketHandle handle, int flags, int most)
    {
        int asked = Math.Min(most, Most);
        do
        {
            int count = _vector.Receive(handle, flags, asked);
            if (count < 0)
            {
                MayBeMore = false;
                return count;
            }

            MayBeMore = count == asked;
            _count = count;
            _message = -1;
            Next();
        }
        while (!IsHeld);

        return _count;
    }

    /// <summary>Copies the datagram that is next, and takes it away unless the caller only looks.</summary>
    /// <param name="buffer">Receives what fits of it.</param>
    /// <param name="name">Receives the sender's address.</param>
    /// <param name="peek">Whether it stays.</param>
    public SlotState Take(Span<byte> buffer, Span<byte> name, bool peek)
    {
        int length = HeldLength;
        SlotState state = _common;
        state.Length = Math.Min(length, buffer.Length);
        state.IsTruncated = length > buffer.Length;
        state.NameLength = Math.Min(state.NameLength, name.Length);
        _data.AsSpan((_message * MessageBytes) + _offset, state.Length).CopyTo(buffer);
        _names.AsSpan(_message * DatagramBatch.NameBytes, state.NameLength).CopyTo(name);
        if (!peek)
        {
            _offset += length;
            if (_offset < _length)
            {
                _held = Math.Min(_segmentSize, _length - _offset);
            }
            else
            {
                Next();
            }
        }

        return state;
    }

    /// <summary>Goes to the next message of which the borders are known.</summary>
    private void Next()
    {
        while (++_message < _count)
        {
            _common = new SlotState { NameLength = _vector.NameLengthOf(_message) };
            NativeDatagramCalls.ReadDetails(ref _common, _vector.ControlOf(_message));
            if (_common.SegmentSize == 0 && (_vector.FlagsOf(_message) & Libc.MSG_CTRUNC) != 0)
            {
                WithoutBorders++;
                continue;
            }

            _offset = 0;
            _length = _vector.LengthOf(_message);
            if (_common.SegmentSize >= _length)
            {
                _common.SegmentSize = 0;
            }

            _segmentSize = _common.SegmentSize == 0 ? _length : _common.SegmentSize;
            _held = _segmentSize;
            return;
        }

        _held = Nothing;
    }
}

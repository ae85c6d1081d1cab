using System.Net.Sockets;
using SocketKit.Engine.Batches;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>Many datagrams per call: recvmmsg(2), sendmmsg(2).</summary>
internal sealed partial class NativeDatagramCalls
{
    /// <summary>
    /// Room for what the kernel tells of a datagram: packet information, traffic class and TTL of both families, the time, with headers.
    /// </summary>
    private const int DetailBytes = 256;

    /// <summary>RFC 3168 section 5: the two low bits of the traffic class.</summary>
    private const int EcnMask = 3;

    /// <summary>A sockaddr without an address: only the family.</summary>
    private const int UnnamedBytes = 2;

    private readonly bool _isIP = socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6;
    private readonly bool _isIPv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;

    public override IoResult ReceiveBatch(DatagramBatch batch, bool block, bool withDetails, bool withPacketInfo, out SocketError next)
    {
        if (_hasEnd)
        {
            // The end of a sequenced-packet connection would fill the batch with empty messages.
            return base.ReceiveBatch(batch, block, withDetails, withPacketInfo, out next);
        }

        if (BeginTrains() is { } trains)
        {
            next = SocketError.Success;
            return ReceiveMany(trains, batch, block, withDetails);
        }

        // The kernel keeps an error that it meets after the first datagram for the next call (net/socket.c, do_recvmmsg).
        next = SocketError.Success;
        MessageVector vector = VectorOf(batch, withDetails);
        int count = vector.Receive(_handle, block ? Libc.MSG_WAITFORONE : Libc.MSG_DONTWAIT);
        if (count < 0)
        {
            return Failure(count);
        }

        for (int i = 0; i < count; i++)
        {
            int nameLength = vector.NameLengthOf(i);
            ref SlotState state = ref batch.StateOf(i);
            state = new SlotState
            {
                Length = vector.LengthOf(i),
                NameLength = nameLength <= UnnamedBytes ? 0 : nameLength,
                IsTruncated = (vector.FlagsOf(i) & Libc.MSG_TRUNC) != 0,
            };
            if (withDetails)
            {
                ReadDetails(ref state, vector.ControlOf(i));
            }
        }

        batch.NoteReceived(count);
        return new IoResult(count);
    }

    public override IoResult SendBatch(DatagramBatch batch)
    {
        SendVector vector = batch.SendParts as SendVector ?? Remember(batch);
        while (batch.Count > 0)
        {
            Fill(vector, batch, int.MaxValue);
            int sent = vector.Send(_handle);
            if (IsAboutSegmentation(sent) && vector.PartsOf(0) > 1)
            {
                // A datagram alone shows whether the run was refused or what is in it.
                int refusal = sent;
                Fill(vector, batch, most: 1);
                sent = vector.Send(_handle);
                NoteRefusal(refusal, batch.StateOf(batch.First).Length, isRunOnly: sent >= 0);
            }

            if (sent < 0)
            {
                return Failure(sent);
            }

            int datagrams = 0;
            for (int i = 0; i < sent; i++)
            {
                datagrams += vector.PartsOf(i);
            }

            // If not all went, the next attempt meets the reason, which the kernel does not tell beside a count.
            batch.NoteSent(datagrams);
        }

        return default;
    }

    private static MessageVector VectorOf(DatagramBatch batch, bool withDetails)
    {
        if (batch.ReceiveParts is MessageVector vector && (vector.HasControl || !withDetails))
        {
            return vector;
        }

        vector = new MessageVector(batch.Bytes, batch.Names, withDetails ? DetailBytes : 0, batch.Capacity);
        batch.ReceiveParts = vector;
        return vector;
    }

    private static SendVector Remember(DatagramBatch batch)
    {
        var vector = new SendVector(batch.Bytes, batch.Names, batch.Capacity);
        batch.SendParts = vector;
        return vector;
    }

    internal static void ReadDetails(ref SlotState state, ReadOnlySpan<byte> control)
    {
        var messages = new ControlMessages(control);
        while (messages.MoveNext())
        {
            // An IPv4 datagram on an IPv6 socket carries both kinds of packet information; the IPv4 one counts.
            if (messages.IsPacketInfo(out ReadOnlySpan<byte> destination, out int index)
                && (state.LocalLength == 0 || destination.Length < IPv6AddressBytes))
            {
                state.Local = default;
                DatagramBatch.WriteLocal(ref state, destination);
                state.InterfaceIndex = index;
            }
            else if (messages.IsTrafficClass(out int trafficClass))
            {
                state.Ecn = (Ecn)(trafficClass & EcnMask);
            }
            else if (messages.IsTtl(out byte ttl))
            {
                state.Ttl = ttl;
            }
            else if (messages.IsTimestamp(out long ticks))
            {
                state.Timestamp = ticks;
            }
            else if (messages.IsSegmentSize(out int segmentSize))
            {
                state.SegmentSize = segmentSize;
            }
        }
    }

    /// <summary>Prepares the messages for what is at the front of the batch, at most so many datagrams.</summary>
    private void Fill(SendVector vector, DatagramBatch batch, int most)
    {
        vector.Clear();
        int end = batch.First + Math.Min(batch.Count, most);
        for (int slot = batch.First; slot < end;)
        {
            ref SlotState state = ref batch.StateOf(slot);

            // A connected IP socket reports an ICMP error by the next send and forgets it. Beside a count sendmmsg(2) would not tell it,
            // so there each call has one message.
            if (vector.IsFull || (vector.Count > 0 && _isIP && state.NameLength == 0))
            {
                break;
            }

            vector.Add(slot, state.Length, state.NameLength);
            int next = slot + 1;
            for (int run = LengthOfRun(batch, slot, end); next < slot + run; next++)
            {
                vector.Extend(next, batch.StateOf(next).Length);
            }

            AddControl(vector, state.SentEcn, next > slot + 1 ? state.Length : 0);
            slot = next;
        }
    }

    /// <summary>
    /// How many datagrams go as one from this one on: those to the same receiver that are as long as the first, and a last one that is
    /// shorter. An empty one would not be seen in a run.
    /// </summary>
    private int LengthOfRun(DatagramBatch batch, int first, int end)
    {
        ref SlotState state = ref batch.StateOf(first);
        if (!_isIP || state.Length == 0 || end - first < 2)
        {
            return 1;
        }

        int segmentSize = state.Length;
        ReadOnlySpan<byte> name = batch.NameOf(first)[..state.NameLength];
        end = (int)Math.Min(end, (long)first + MostOf(segmentSize));
        int next = first + 1;
        for (bool isOpen = true; isOpen && next < end; next++)
        {
            ref SlotState other = ref batch.StateOf(next);
            if (other.Length == 0 || other.Length > segmentSize || other.SentEcn != state.SentEcn
                || !batch.NameOf(next)[..other.NameLength].SequenceEqual(name))
            {
                break;
            }

            isOpen = other.Length == segmentSize;
        }

        return next - first;
    }

    /// <summary>
    /// The kernel passes over the control messages of the other protocol (net/ipv4/ip_sockglue.c, ip_cmsg_send; net/ipv6/datagram.c,
    /// ip6_datagram_send_ctl), so an IPv6 socket gives the traffic class of both: its target may be IPv4.
    /// </summary>
    private void AddControl(SendVector vector, Ecn ecn, int segmentSize)
    {
        Span<byte> control = vector.Control;
        int length = 0;
        if (ecn != Ecn.None && _isIP)
        {
            length += ControlWriter.Write(control, Libc.IPPROTO_IP, Libc.IP_TOS, (int)ecn);
            length += _isIPv6 ? ControlWriter.Write(control[length..], Libc.IPPROTO_IPV6, Libc.IPV6_TCLASS, (int)ecn) : 0;
        }

        if (segmentSize > 0)
        {
            length += ControlWriter.Write(control[length..], Libc.IPPROTO_UDP, Libc.UDP_SEGMENT, (ushort)segmentSize);
        }

        vector.SetControl(length);
    }
}

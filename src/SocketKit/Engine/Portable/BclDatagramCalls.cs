using System.Buffers;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;

namespace SocketKit.Engine.Portable;

/// <summary>
/// The calls of System.Net.Sockets, for systems where this library has no calls itself. They report WouldBlock by an exception, so each
/// receive polls first. On Unix they truncate datagrams silently, so each receive offers one byte more than the caller. They do not tell
/// an empty message from the end of a sequenced-packet connection, so an empty message counts as the end.
/// </summary>
internal sealed class BclDatagramCalls : DatagramCalls
{
    private readonly Socket _socket;
    private readonly bool _hasEnd;

    public BclDatagramCalls(Socket socket)
    {
        _socket = socket;
        _hasEnd = socket.SocketType == SocketType.Seqpacket;

        // A connect may have left a descriptor that blocks, although .NET believes that it does not (Descriptors.RestoreBlocking).
        Descriptors.MakeNonBlocking(socket);
    }

    public override bool CanBlock => false;

    public override DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, bool block, bool withPacketInfo)
    {
        if (!_socket.Poll(0, SelectMode.SelectRead) && !_socket.Poll(0, SelectMode.SelectError))
        {
            return DatagramResult.Ended(ChannelStatus.WouldBlock);
        }

        byte[] scratch = ArrayPool<byte>.Shared.Rent(buffer.Length + 1);
        Span<byte> room = scratch.AsSpan(0, buffer.Length + 1);
        try
        {
            SocketFlags flags = peek ? SocketFlags.Peek : SocketFlags.None;
            return withPacketInfo ? ReceiveMessage(buffer, room, from, flags) : ReceivePlain(buffer, room, from, flags);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    public override IoResult Send(ReadOnlySpan<byte> data, SendTarget target)
    {
        if (target.From is { } from && !IsBoundTo(from))
        {
            // No call of System.Net.Sockets takes a source.
            return IoResult.Failed(SocketError.OperationNotSupported);
        }

        if (target.To is not { } to)
        {
            int sent = _socket.Send(data, SocketFlags.None, out SocketError error);
            return error == SocketError.Success ? new IoResult(sent) : Failure(error);
        }

        try
        {
            return new IoResult(_socket.SendTo(data, SocketFlags.None, to));
        }
        catch (SocketException exception)
        {
            // With an address Socket reports errors by exceptions only; channels report them as outcomes.
            return Failure(exception.SocketErrorCode);
        }
    }

    public override IoResult Connect(SocketAddress address)
    {
        EndPoint remote = _socket.AddressFamily == AddressFamily.Unix ? new UnixDomainSocketEndPoint("/").Create(address)
            : new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0).Create(address);
        try
        {
            _socket.Connect(remote);
            return default;
        }
        catch (SocketException exception)
        {
            // For instance no route. Channels report system errors as outcomes.
            return IoResult.Failed(exception.SocketErrorCode);
        }
        catch (PlatformNotSupportedException)
        {
            // On Unix, Socket refuses to connect again once a connect has failed.
            return IoResult.Failed(SocketError.OperationNotSupported);
        }
        catch (InvalidOperationException)
        {
            // After an ICMP error Socket assumes that the peer is gone, and only its async form connects again.
            return ConnectAgain(remote);
        }
    }

    public override IoResult Disconnect()
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                // Winsock ends an association by connecting to the null address (connect, Remarks).
                IPAddress none = _socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
                _socket.Connect(new IPEndPoint(none, 0));
            }
            else
            {
                _socket.Disconnect(reuseSocket: true);
            }

            return default;
        }
        catch (SocketException exception)
        {
            // The system refused. Channels report system errors as outcomes.
            return IoResult.Failed(exception.SocketErrorCode);
        }
    }

    public override SocketAddress? ReadLocalAddress()
    {
        try
        {
            return _socket.LocalEndPoint?.Serialize();
        }
        catch (SocketException)
        {
            // getsockname(2) failed: the socket has no address to show.
            return null;
        }
    }

    private bool IsBoundTo(IPAddress address) =>
        _socket.LocalEndPoint is IPEndPoint local && local.Address.MapToIPv6().Equals(address.MapToIPv6());

    private IoResult ConnectAgain(EndPoint remote)
    {
        try
        {
            // A datagram connect sends nothing and so completes at once.
            _socket.ConnectAsync(remote).GetAwaiter().GetResult();
            return default;
        }
        catch (SocketException exception)
        {
            // As in the first attempt: channels report system errors as outcomes.
            return IoResult.Failed(exception.SocketErrorCode);
        }
        catch (PlatformNotSupportedException)
        {
            // As in the first attempt: Socket refuses to connect again.
            return IoResult.Failed(SocketError.OperationNotSupported);
        }
    }

    private DatagramResult ReceivePlain(Span<byte> buffer, Span<byte> room, SocketAddress from, SocketFlags flags)
    {
        from.Size = from.Buffer.Length;
        try
        {
            int received = _socket.ReceiveFrom(room, flags, from);
            return received == 0 && _hasEnd
                ? DatagramResult.Ended(ChannelStatus.EndOfStream)
                : Copied(room, buffer, received, received > buffer.Length, null, 0);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.MessageSize)
        {
            // Windows: the datagram is longer than even this room; the bytes that fit are there.
            return Copied(room, buffer, buffer.Length, true, null, 0);
        }
        catch (SocketException exception)
        {
            // An ICMP error, or WouldBlock because the datagram that poll saw was dropped or taken meanwhile: both are outcomes.
            return new DatagramResult(Failure(exception.SocketErrorCode));
        }
    }

    private DatagramResult ReceiveMessage(Span<byte> buffer, Span<byte> room, SocketAddress from, SocketFlags flags)
    {
        bool isIPv6 = _socket.AddressFamily == AddressFamily.InterNetworkV6;
        EndPoint sender = new IPEndPoint(isIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        try
        {
            int received = _socket.ReceiveMessageFrom(room, ref flags, ref sender, out IPPacketInformation information);
            var ip = (IPEndPoint)sender;
            SocketAddress raw = new IPEndPoint(isIPv6 ? ip.Address.MapToIPv6() : ip.Address, ip.Port).Serialize();
            raw.Buffer.Span[..raw.Size].CopyTo(from.Buffer.Span);
            from.Size = raw.Size;
            bool isTruncated = received > buffer.Length || (flags & SocketFlags.Truncated) != 0;
            return Copied(room, buffer, received, isTruncated, information.Address, information.Interface);
        }
        catch (SocketException exception)
        {
            // As in the receive without packet information.
            return new DatagramResult(Failure(exception.SocketErrorCode));
        }
    }

    private static DatagramResult Copied(
        Span<byte> room, Span<byte> buffer, int received, bool isTruncated, IPAddress? local, int interfaceIndex)
    {
        int length = Math.Min(received, buffer.Length);
        room[..length].CopyTo(buffer);
        IPAddress? shown = local is { IsIPv4MappedToIPv6: true } ? local.MapToIPv4() : local;
        return new DatagramResult(new IoResult(length), isTruncated, shown, interfaceIndex);
    }

    private static IoResult Failure(SocketError error) =>
        error == SocketError.WouldBlock ? IoResult.Ended(ChannelStatus.WouldBlock) : IoResult.Failed(error);
}

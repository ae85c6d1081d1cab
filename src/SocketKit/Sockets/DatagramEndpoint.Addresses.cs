using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    private readonly AddressFamily _addressFamily;
    private readonly int _addressSize;
    private SocketAddress? _spareAddress;

    /// <summary>Whether this is a dual-mode IPv6 endpoint, which also sends to IPv4 addresses.</summary>
    private protected virtual bool ReachesIPv4 => false;

    /// <summary>The lowest port allowed in a target; 0 for protocols without ports.</summary>
    private protected virtual int LeastPort => IPEndPoint.MinPort + 1;

    /// <summary>Writes a target into an address of this endpoint's family.</summary>
    /// <exception cref="ArgumentException">The target has another address family, or no port.</exception>
    private protected virtual void WriteAddress(EndPoint to, SocketAddress target, string name)
    {
        ArgumentNullException.ThrowIfNull(to, name);
        if (to is not IPEndPoint ip)
        {
            throw new ArgumentException($"A {to.GetType().Name} is not an IP address and port. Names are not looked up here.", name);
        }

        // A subclass of IPEndPoint could override AddressFamily, so ask the address itself.
        AddressFamily family = ip.Address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : ip.Address.AddressFamily;
        bool isReachable = family == _addressFamily || (family == AddressFamily.InterNetwork && ReachesIPv4);
        if (!isReachable)
        {
            throw WrongFamily(family, name);
        }

        Sockets.Addresses.CheckPort(ip.Port, name, LeastPort);
        SocketAddresses.Write(ip, target);
    }

    /// <summary>The endpoint that an address stands for; null for a Unix sender without a name.</summary>
    private protected virtual EndPoint? ReadAddress(SocketAddress address) => SocketAddresses.Read(address);

    /// <summary>The address to pass to sendto(2), in this endpoint's family; null when the target is the connected peer.</summary>
    private SocketAddress? TargetOf(EndPoint to, SocketAddress scratch)
    {
        WriteAddress(to, scratch, nameof(to));
        return Addressed(scratch);
    }

    /// <summary>Same as the overload above, but rents <paramref name="scratch"/> only when the address has to be mapped.</summary>
    private SocketAddress? TargetOf(SocketAddress to, ref SocketAddress? scratch)
    {
        ArgumentNullException.ThrowIfNull(to);
        bool isMapped = to.Family == AddressFamily.InterNetwork && _addressFamily == AddressFamily.InterNetworkV6 && ReachesIPv4;
        bool isUnmapped = _addressFamily == AddressFamily.InterNetwork && SocketAddresses.IsMapped(to);
        if (to.Family != _addressFamily && !isMapped && !isUnmapped)
        {
            throw WrongFamily(to.Family, nameof(to));
        }

        CheckTarget(to, nameof(to));
        if (isMapped)
        {
            scratch = RentAddress();
            SocketAddresses.WriteMapped(to, scratch);
            return Addressed(scratch);
        }

        if (isUnmapped)
        {
            scratch = RentAddress();
            SocketAddresses.TryReadMapped(to.Buffer.Span, scratch.Buffer.Span);
            return Addressed(scratch);
        }

        return Addressed(to);
    }

    /// <summary>Checks the size and the port of a target that has the right family.</summary>
    /// <exception cref="ArgumentException">The address is too short, or has no port.</exception>
    private protected virtual void CheckTarget(SocketAddress to, string name)
    {
        CheckSize(to.Size, SocketAddresses.SizeOf(to.Family), name);
        Sockets.Addresses.CheckPort(SocketAddresses.ReadPort(to), name, LeastPort);
    }

    private SocketAddress? Addressed(SocketAddress to)
    {
        if (_peer is not { } peer)
        {
            return to;
        }

        // Systems differ here: Linux sends to the other address, macOS and Windows refuse.
        return peer.Address is { } address && SocketAddresses.AreSame(address, to)
            ? null
            : throw new InvalidOperationException(
                $"send on {Describe('→')}: the endpoint is connected and sends to its peer only. "
                + "Disconnect it first, or use another endpoint.");
    }

    private void CheckFrom(SocketAddress from)
    {
        ArgumentNullException.ThrowIfNull(from);
        CheckSize(from.Buffer.Length, _addressSize, nameof(from));
    }

    private void CheckSize(int size, int least, string name)
    {
        if (size < least)
        {
            throw new ArgumentException($"A SocketAddress of {size} bytes is too small for {_addressFamily}, which takes {least}.", name);
        }
    }

    private ArgumentException WrongFamily(AddressFamily family, string name)
    {
        string mode = ReachesIPv4 ? " (dual mode)" : string.Empty;
        return new ArgumentException(
            $"The address is {family}, and the endpoint on {Faults.Show(LocalEndPoint)} is {_addressFamily}{mode}.", name);
    }

    private SocketAddress RentAddress() => Interlocked.Exchange(ref _spareAddress, null) ?? new SocketAddress(_addressFamily, _addressSize);

    private void ReturnAddress(SocketAddress? address)
    {
        if (address is null)
        {
            return;
        }

        // A receive from an unnamed Unix sender sets the size to 0.
        address.Size = address.Buffer.Length;
        Volatile.Write(ref _spareAddress, address);
    }
}

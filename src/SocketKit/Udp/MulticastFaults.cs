using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit.Udp;

/// <summary>
/// Words the messages of failed changes of multicast memberships. Systems use one error code for several reasons, and .NET has no name for
/// ENODEV. So it checks whether the interface exists, and tells groups from sources.
/// </summary>
internal static class MulticastFaults
{
    public const string Join = "join group";
    public const string Leave = "leave group";
    public const string Block = "block a source of group";
    public const string Unblock = "unblock a source of group";

    public static string NameOf(MembershipChange change) => change switch
    {
        MembershipChange.Join => Join,
        MembershipChange.Leave => Leave,
        MembershipChange.Block => Block,
        _ => Unblock,
    };

    public static SocketOperationException Refused(
        MembershipChange change, SocketException cause, SocketBase owner, IPAddress group, int interfaceIndex, IPAddress? source)
    {
        string from = source is null ? string.Empty : $", source {source}";
        string by = interfaceIndex == 0 ? "default interface" : $"interface {interfaceIndex}";
        string operation = NameOf(change);
        (SocketError error, string why) = change switch
        {
            _ when !Exists(interfaceIndex) => (SocketError.AddressNotAvailable, NoSuch(interfaceIndex)),
            MembershipChange.Join => JoinReason(cause.SocketErrorCode, group, interfaceIndex, source),
            MembershipChange.Leave => LeaveReason(cause.SocketErrorCode),
            _ => BlockReason(cause.SocketErrorCode, change),
        };
        string message = $"{operation} {group} ({by}{from}) on {owner.Describe('↔')} failed: {why} ({error}).";
        return new SocketOperationException(error, message, operation, owner.LocalEndPoint) { Origin = owner };
    }

    public static SocketOperationException InterfaceRefused(SocketException cause, SocketBase owner, int interfaceIndex)
    {
        if (Exists(interfaceIndex))
        {
            string shown = OptionFaults.Show(interfaceIndex);
            return OptionFaults.Refused(OptionFaults.Set, MulticastOptions.InterfaceName, cause, owner, value: shown);
        }

        string operation = $"{OptionFaults.Set} {MulticastOptions.InterfaceName}";
        string where = owner.Describe('↔');
        string message = $"{operation} to {interfaceIndex} on {where} failed: {NoSuch(interfaceIndex)} (AddressNotAvailable).";
        return new SocketOperationException(SocketError.AddressNotAvailable, message, operation, owner.LocalEndPoint) { Origin = owner };
    }

    /// <summary>The exception for an interface that was given by a name which no interface has.</summary>
    /// <param name="operation">What was to be done, with its subject: "join group 239.1.1.1".</param>
    /// <param name="owner">The endpoint.</param>
    /// <param name="interfaceName">The name.</param>
    public static SocketOperationException NoInterface(string operation, SocketBase owner, string interfaceName) =>
        new(
            SocketError.AddressNotAvailable,
            $"{operation} on {owner.Describe('↔')} failed: there is no interface '{interfaceName}' (AddressNotAvailable).",
            operation,
            owner.LocalEndPoint)
        {
            Origin = owner,
        };

    private static (SocketError Error, string Why) JoinReason(
        SocketError error, IPAddress group, int interfaceIndex, IPAddress? source) =>
        error switch
        {
            // If it is already joined, Linux returns EADDRINUSE for a group and EADDRNOTAVAIL for a source of a group.
            SocketError.AddressAlreadyInUse => (error, "it is joined already"),
            SocketError.AddressNotAvailable when source is not null && OperatingSystem.IsLinux() =>
                (SocketError.AddressAlreadyInUse, "that source is joined already"),
            SocketError.InvalidArgument when source is not null =>
                (error, "the group is joined for all sources already, or the system does not take that group and source together"),
            SocketError.NoBufferSpaceAvailable => (error, $"too many memberships on this socket{Limit(group, source)}"),
            SocketError.AddressNotAvailable or SocketError.SocketError or SocketError.NetworkUnreachable or SocketError.HostNotFound =>
                (SocketError.AddressNotAvailable, interfaceIndex == 0
                    ? "no route leads to the group, and no interface was named"
                    : "the interface does not take multicast of that family"),
            _ => (error, "the system does not take it"),
        };

    private static (SocketError Error, string Why) BlockReason(SocketError error, MembershipChange change) => error switch
    {
        // Linux: EADDRNOTAVAIL is about the source, and EINVAL about the group (net/ipv4/igmp.c, ip_mc_source).
        SocketError.AddressNotAvailable when change == MembershipChange.Block && OperatingSystem.IsLinux() =>
            (SocketError.AddressAlreadyInUse, "that source is blocked already"),
        SocketError.AddressNotAvailable when OperatingSystem.IsLinux() => (error, "that source is not blocked there"),
        SocketError.InvalidArgument or SocketError.AddressNotAvailable =>
            (SocketError.AddressNotAvailable, "this endpoint has not joined the group there for all senders"),
        _ => (error, "the system does not take it"),
    };

    private static (SocketError Error, string Why) LeaveReason(SocketError error) => error switch
    {
        SocketError.AddressNotAvailable or SocketError.InvalidArgument or SocketError.SocketError or SocketError.HostNotFound =>
            (SocketError.AddressNotAvailable, "this endpoint is not a member of it there"),
        _ => (error, "the system does not take it"),
    };

    private static string NoSuch(int interfaceIndex) => $"there is no interface {interfaceIndex}";

    private static string Limit(IPAddress group, IPAddress? source) => !OperatingSystem.IsLinux() ? string.Empty
        : (group.AddressFamily, source) switch
        {
            (AddressFamily.InterNetwork, null) => "; net.ipv4.igmp_max_memberships is the limit",
            (AddressFamily.InterNetwork, _) => "; net.ipv4.igmp_max_memberships and net.ipv4.igmp_max_msf are the limits",
            (_, null) => "; net.core.optmem_max is the limit",
            _ => "; net.ipv6.mld_max_msf and net.core.optmem_max are the limits",
        };

    /// <summary>Whether the machine has this interface. 0 stands for the default interface.</summary>
    private static bool Exists(int interfaceIndex) => interfaceIndex == 0 || NetworkInterfaces.Exists(interfaceIndex);
}

using System.Net;
using System.Net.NetworkInformation;

/// <summary>What both sides know before they have met: a multicast group, and two words.</summary>
internal static class Meeting
{
    public const string Question = "where are statistics collected?";
    public const string Answer = "here";

    /// <summary>239.0.0.0/8 is for private use (RFC 2365).</summary>
    public static IPAddress Group { get; } = IPAddress.Parse("239.255.81.26");

    /// <summary>
    /// "lo" on Linux, "lo0" on macOS. This sample stays on the machine. A collector for a network names the network's interface here, for
    /// example "eth0"; without a name, the routing table would choose one.
    /// </summary>
    public static string InterfaceName { get; } = NetworkInterface.GetAllNetworkInterfaces()
        .First(static candidate => candidate.NetworkInterfaceType == NetworkInterfaceType.Loopback).Name;
}

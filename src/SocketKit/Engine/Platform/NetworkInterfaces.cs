using System.Net.NetworkInformation;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>The network interfaces of this machine by their numbers and names.</summary>
internal static class NetworkInterfaces
{
    /// <summary>Whether an interface has this number; also true if the system does not tell.</summary>
    public static bool Exists(int index)
    {
        if (OperatingSystem.IsLinux())
        {
            return InterfaceNames.Exists(index);
        }

        try
        {
            return NetworkInterface.GetAllNetworkInterfaces().Any(candidate => IndexesOf(candidate).Contains(index));
        }
        catch (NetworkInformationException)
        {
            // A sandbox hides the interfaces, so the number may be right.
            return true;
        }
    }

    /// <summary>The number of the interface with this name; 0 if there is none, or if the system does not tell.</summary>
    public static int IndexOf(string name)
    {
        if (OperatingSystem.IsLinux())
        {
            return InterfaceNames.IndexOf(name);
        }

        try
        {
            return NetworkInterface.GetAllNetworkInterfaces()
                .Where(candidate => candidate.Name == name)
                .SelectMany(IndexesOf)
                .FirstOrDefault();
        }
        catch (NetworkInformationException)
        {
            // A sandbox hides the interfaces.
            return 0;
        }
    }

    /// <summary>The name of the interface with this number; null if there is none, or if the system does not tell.</summary>
    public static string? NameOf(int index)
    {
        if (OperatingSystem.IsLinux())
        {
            return InterfaceNames.NameOf(index);
        }

        try
        {
            return NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(candidate => IndexesOf(candidate).Contains(index))?.Name;
        }
        catch (NetworkInformationException)
        {
            // A sandbox hides the interfaces.
            return null;
        }
    }

    private static IEnumerable<int> IndexesOf(NetworkInterface candidate)
    {
        IPInterfaceProperties properties = candidate.GetIPProperties();
        if (candidate.Supports(NetworkInterfaceComponent.IPv4))
        {
            yield return properties.GetIPv4Properties().Index;
        }

        if (candidate.Supports(NetworkInterfaceComponent.IPv6))
        {
            yield return properties.GetIPv6Properties().Index;
        }
    }
}

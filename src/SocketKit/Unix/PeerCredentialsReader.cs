using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SocketKit.Unix;

/// <summary>Reads SO_PEERCRED.</summary>
internal static class PeerCredentialsReader
{
    // asm-generic/socket.h; struct ucred is pid, uid, gid of four bytes each.
    private const int LinuxSocketLevel = 1;
    private const int LinuxPeerCredentials = 17;
    private const int CredentialBytes = 12;

    /// <summary>Null where the system could not say.</summary>
    public static PeerCredentials? Read(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            Span<byte> raw = stackalloc byte[CredentialBytes];
            socket.GetRawSocketOption(LinuxSocketLevel, LinuxPeerCredentials, raw);
            return new PeerCredentials(MemoryMarshal.Read<int>(raw), MemoryMarshal.Read<uint>(raw[4..]), MemoryMarshal.Read<uint>(raw[8..]));
        }
        catch (SocketException)
        {
            // Kernels without the option exist (sandboxes): asking for the credentials tells then.
            return null;
        }
    }
}

using System.Runtime.InteropServices;
using SocketKit.Engine;

namespace SocketKit.Unix;

/// <summary>Reads SO_PEERCRED.</summary>
internal static class PeerCredentialsReader
{
    // asm-generic/socket.h; struct ucred is pid, uid, gid of four bytes each.
    private const int LinuxSocketLevel = 1;
    private const int LinuxPeerCredentials = 17;
    private const int CredentialBytes = 12;

    /// <summary>Null if the system does not report them; some sandboxes lack the option.</summary>
    public static PeerCredentials? Read(StreamChannel channel)
    {
        Span<byte> raw = stackalloc byte[CredentialBytes];
        return OperatingSystem.IsLinux() && channel.TryReadOption(LinuxSocketLevel, LinuxPeerCredentials, raw)
            ? new PeerCredentials(MemoryMarshal.Read<int>(raw), MemoryMarshal.Read<uint>(raw[4..]), MemoryMarshal.Read<uint>(raw[8..]))
            : null;
    }
}

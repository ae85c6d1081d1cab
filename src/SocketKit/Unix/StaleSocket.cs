using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Platform;

namespace SocketKit.Unix;

/// <summary>
/// Removes the socket file of our own dead server, so that bind(2) can use its path. Everything else is left alone: the socket of a live
/// server or of another user, a regular file, a directory, a symbolic link.
/// </summary>
internal static class StaleSocket
{
    private const string AsideCharacters = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int MostAsideCharacters = 16;
    private const int MostAsideNames = 100;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <returns>Null if bind(2) should be tried again; otherwise what is in the way.</returns>
    public static string? TryRemove(UnixAddress address)
    {
        if (!SocketFiles.CanIdentify)
        {
            return "the path exists (AddressAlreadyInUse). On this system it is never replaced: delete it if no server uses it.";
        }

        using SafeFileHandle turn = SocketFiles.LockDirectory(DirectoryOf(address.Text), s_patience);
        if (SocketFiles.Look(address.Text) is not { } found)
        {
            // The file was removed after bind(2) failed.
            return null;
        }

        if (found.Kind != FileKind.Socket)
        {
            return $"there is a {Name(found.Kind)} at the path, not a socket; it was left alone (AddressAlreadyInUse).";
        }

        if (found.Owner != SocketFiles.EffectiveUser)
        {
            return $"there is a socket of user {found.Owner} at the path; it was left alone (AddressAlreadyInUse).";
        }

        return Probe(address) switch
        {
            SocketError.ConnectionRefused => Remove(address),
            SocketError.AddressNotAvailable => null,
            SocketError.TooManyOpenSockets =>
                "there is a socket at the path, and no descriptor is left to see whether it is stale (AddressAlreadyInUse).",
            _ => "another socket lives at the path (AddressAlreadyInUse).",
        };
    }

    /// <summary>
    /// Finds out whether a socket is still bound to the file. A datagram connect adds nothing to an accept queue. It also finds stream
    /// sockets, even before listen(2): the kernel answers EPROTOTYPE for them, and ECONNREFUSED only if no socket is bound.
    /// </summary>
    private static SocketError Probe(UnixAddress address)
    {
        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            probe.Connect(address.EndPoint);
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            // The error code is the answer: whether a socket is bound there, or that no descriptor was left for the probe.
            return exception.SocketErrorCode;
        }
    }

    /// <summary>
    /// Removes a stale file. Deleting it by name could hit the socket of a program that replaces the same file now and does not use our
    /// lock. So the file is renamed first, probed again, and renamed back if a socket is bound to it.
    /// </summary>
    [SupportedOSPlatform("linux")]
    private static string? Remove(UnixAddress address)
    {
        if (Aside(address.Text) is not { } aside || !SocketFiles.Rename(address.Text, aside.Text))
        {
            return SocketFiles.Look(address.Text) is null
                ? null
                : "there is a stale socket at the path that cannot be replaced (AddressAlreadyInUse).";
        }

        if (SocketFiles.Look(aside.Text) is { Kind: FileKind.Socket } && Probe(aside) == SocketError.ConnectionRefused)
        {
            SocketFiles.Delete(aside.Text);
        }
        else
        {
            SocketFiles.Restore(aside.Text, address.Text);
        }

        return null;
    }

    /// <summary>
    /// Chooses a free name in the same directory. It must be short enough for a socket address, because the probe connects to it.
    /// </summary>
    [SupportedOSPlatform("linux")]
    private static UnixAddress? Aside(string path)
    {
        string directory = path[..(path.LastIndexOf('/') + 1)];
        int room = Math.Min(MostAsideCharacters, UnixAddress.MostBytes - Encoding.UTF8.GetByteCount(directory));
        for (int i = 0; i < MostAsideNames; i++)
        {
            var name = UnixAddress.Parse(directory + RandomNumberGenerator.GetString(AsideCharacters, room), nameof(path));
            if (SocketFiles.Look(name.Text) is null)
            {
                return name;
            }
        }

        return null;
    }

    private static string DirectoryOf(string path)
    {
        string directory = path[..(path.LastIndexOf('/') + 1)];
        return directory.Length > 0 ? directory : ".";
    }

    private static string Name(FileKind kind) => kind switch
    {
        FileKind.Regular => "regular file",
        FileKind.Directory => "directory",
        FileKind.SymbolicLink => "symbolic link",
        _ => "device or pipe",
    };
}

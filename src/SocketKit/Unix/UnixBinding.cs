using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit.Unix;

/// <summary>Binds a socket to a path or abstract name by the rules of this library: owner-only from the first moment, and nobody else's file is touched.</summary>
internal static class UnixBinding
{
    /// <summary>Others may start and stop at the same path; after this many rounds one of them has it.</summary>
    private const int MostRounds = 16;

    /// <returns>The file that was made; null for an abstract name.</returns>
    public static BoundFile? Bind(Socket socket, UnixAddress address, UnixFileMode mode, SocketOperation operation)
    {
        if (address.IsAbstract)
        {
            BindTo(socket, address, operation);
            return null;
        }

        // The file must never exist with a wider mode, not even between two calls (CVE-2023-45145).
        bool isModeSet = SocketFiles.SetModeBeforeBind(socket, mode);
        BindTo(socket, address, operation);
        var file = BoundFile.At(address.Text);
        try
        {
            file.CompleteMode(mode, isModeSet);
            return file;
        }
        catch
        {
            // The file is ours and of no use.
            file.Delete();
            throw;
        }
    }

    /// <summary>listen(2).</summary>
    public static void Listen(Socket socket, UnixAddress address, int backlog)
    {
        try
        {
            socket.Listen(backlog);
        }
        catch (SocketException exception)
        {
            // Said again with the path, which .NET's message lacks.
            throw Faults.Wrap(SocketOperation.Listen, exception, address.EndPoint);
        }
    }

    private static void BindTo(Socket socket, UnixAddress address, SocketOperation operation)
    {
        for (int round = 1; ; round++)
        {
            try
            {
                socket.Bind(new PathEndPoint(address.EndPoint));
                return;
            }
            catch (SocketException exception)
            {
                // A socket that is gone may have left the file: then the path is cleared and bound again.
                // Anything else is said again with the path and what is in the way.
                bool mayBeStale = exception.SocketErrorCode == SocketError.AddressAlreadyInUse && !address.IsAbstract && round < MostRounds;
                string? obstacle = mayBeStale ? StaleSocket.TryRemove(address) : Explain(exception.SocketErrorCode, address);
                if (obstacle is not null || !mayBeStale)
                {
                    throw Faults.Wrap(operation, exception, address.EndPoint, obstacle);
                }
            }
        }
    }

    private static string? Explain(SocketError error, UnixAddress address) => error switch
    {
        SocketError.AddressNotAvailable when !address.IsAbstract => "its directory does not exist (AddressNotAvailable).",
        SocketError.AccessDenied when !address.IsAbstract => "no right to create a file in its directory (AccessDenied).",
        _ => null,
    };
}

using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit.Unix;

/// <summary>
/// Binds a socket to a path or abstract name. The file has its final mode from the first moment, and no file of anybody else is touched.
/// </summary>
internal static class UnixBinding
{
    /// <summary>How often bind(2) is tried while other processes start and stop at the same path.</summary>
    private const int MostRounds = 16;

    /// <returns>The file that bind(2) made; null for an abstract name.</returns>
    public static BoundFile? Bind(Socket socket, UnixAddress address, UnixFileMode mode, SocketOperation operation)
    {
        if (address.IsAbstract)
        {
            BindTo(socket, address, operation);
            return null;
        }

        // The file must never exist with a wider mode, not even between two system calls (CVE-2023-45145).
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
            // The caller gets no endpoint, so this process must not leave the file behind.
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
            // .NET's message does not contain the path.
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
                // A dead server may have left the file: then remove it and bind again. For any other error, name the path and what is in
                // the way.
                bool mayBeStale =
                    exception.SocketErrorCode == SocketError.AddressAlreadyInUse && !address.IsAbstract && round < MostRounds;
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

using System.Net.Sockets;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit;

public partial class TcpConnection
{
    /// <summary>
    /// Reads what the kernel knows about this connection now, such as round-trip time, retransmissions, windows and rates: getsockopt(2),
    /// TCP_INFO.
    /// </summary>
    /// <returns>A snapshot.</returns>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public TcpInfo GetInfo()
    {
        (int level, int number) = OptionTable.Info.HereOrThrow();
        Span<byte> buffer = stackalloc byte[TcpInfo.MostBytes];
        int length;
        using var lease = new SocketCall(this, OptionFaults.Get, OptionTable.Info.Name);
        try
        {
            length = lease.Socket.GetRawSocketOption(level, number, buffer);
        }
        catch (SocketException exception)
        {
            // .NET's message names neither the option nor the connection.
            throw OptionFaults.Refused(OptionFaults.Get, OptionTable.Info.Name, exception, this);
        }

        // A sandbox that imitates Linux may return fewer bytes than any kernel. Its zeros would look like measurements.
        return length >= TcpInfo.LeastBytes
            ? TcpInfo.Parse(buffer[..length])
            : throw new PlatformNotSupportedException($"The kernel gave only {length} bytes of TCP_INFO.");
    }
}

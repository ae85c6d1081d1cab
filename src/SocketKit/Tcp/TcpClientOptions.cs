using System.Net;
using System.Net.Sockets;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="TcpClient"/>.</summary>
public sealed class TcpClientOptions : TcpOptions
{
    /// <summary>Time for everything: the name look-up and all addresses together.</summary>
    /// <value>15 s by default, because the kernel alone would try for about two minutes.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The address to connect from.</summary>
    /// <value>Null by default: the system's choice. Addresses of the other family are left out.</value>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>Limits a name to its addresses of one family.</summary>
    /// <value>Null by default: both.</value>
    public AddressFamily? AddressFamily { get; set; }

    /// <summary>How long an attempt may take before the next address is tried beside it (RFC 8305 section 5).</summary>
    /// <value>250 ms by default. <see cref="Infinite.InfiniteTimeSpan"/>: only when the attempt has failed.</value>
    public TimeSpan HappyEyeballsDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Which of a name's addresses may be connected to; a defence against names that point at private networks. It sees an IPv4-mapped IPv6
    /// address as the IPv4 address that it is.
    /// </summary>
    /// <value>Null by default: all. An exception in it ends the connect: it fails closed.</value>
    public Func<IPAddress, bool>? AddressFilter { get; set; }

    internal override void Validate()
    {
        base.Validate();
        CheckPositive(ConnectTimeout, nameof(ConnectTimeout));
        SocketBase.CheckTimeout(HappyEyeballsDelay, nameof(HappyEyeballsDelay));
        if (AddressFamily is not (null or System.Net.Sockets.AddressFamily.InterNetwork or System.Net.Sockets.AddressFamily.InterNetworkV6))
        {
            throw new ArgumentException("TCP has the families InterNetwork and InterNetworkV6.", nameof(AddressFamily));
        }
    }

    private static void CheckPositive(TimeSpan value, string name)
    {
        if (value <= TimeSpan.Zero && value != Infinite.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, value, "Positive, or Timeout.InfiniteTimeSpan.");
        }
    }
}

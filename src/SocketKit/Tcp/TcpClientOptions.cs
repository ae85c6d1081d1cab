using System.Net;
using System.Net.Sockets;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="TcpClient"/>.</summary>
public sealed class TcpClientOptions : TcpOptions
{
    /// <summary>How long the whole connect may take: the name look-up and all addresses together.</summary>
    /// <value>15 s by default; the kernel alone would try for about two minutes.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The local address to connect from.</summary>
    /// <value>Null by default: the system chooses. If set, remote addresses of the other family are not tried.</value>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>Restricts a name to its addresses of one family.</summary>
    /// <value>Null by default: both families.</value>
    public AddressFamily? AddressFamily { get; set; }

    /// <summary>How long an attempt may take before the next address is tried beside it (RFC 8305 section 5).</summary>
    /// <value>
    /// 250 ms by default. <see cref="Infinite.InfiniteTimeSpan"/>: the next address is tried only when an attempt has failed.
    /// </value>
    public TimeSpan HappyEyeballsDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Decides which addresses of a name may be connected to, as a defence against names that point to private networks. It gets an
    /// IPv4-mapped IPv6 address as IPv4.
    /// </summary>
    /// <value>Null by default: all. If it throws, the connect fails with its exception.</value>
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

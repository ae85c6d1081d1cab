using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.Engine;

namespace SocketKit.Telemetry;

/// <summary>
/// The datagrams that the kernel has dropped in front of one endpoint because its receive buffer was full. The kernel counts them; this
/// reads the count when somebody looks, and at the close. Linux only.
/// </summary>
internal sealed class QueueDrops : WeakSet<QueueDrops>.Node
{
    // asm-generic/socket.h: SOL_SOCKET, SO_MEMINFO; linux/sock_diag.h: SK_MEMINFO_DROPS, SK_MEMINFO_VARS.
    private const int SocketLevel = 1;
    private const int MemoryInfo = 55;
    private const int DropsIndex = 8;
    private const int Values = 9;

    private static readonly Lock s_lock = new();
    private static readonly WeakSet<QueueDrops> s_open = new();
    private static long s_total;

    private readonly DatagramChannel _channel;
    private uint _seen;
    private long _count;
    private bool _isFinal;

    private QueueDrops(DatagramChannel channel) => _channel = channel;

    ~QueueDrops() => Leave();

    /// <summary>The drops of all endpoints, those that are closed included. Never decreases.</summary>
    public static long Total
    {
        get
        {
            lock (s_lock)
            {
                foreach (QueueDrops endpoint in s_open.All())
                {
                    endpoint.Look();
                }

                return s_total;
            }
        }
    }

    /// <summary>The drops in front of this endpoint; the last count once it is closed. Never decreases.</summary>
    public long Count
    {
        get
        {
            lock (s_lock)
            {
                Look();
                return _count;
            }
        }
    }

    /// <summary>Whether the kernel has told a count.</summary>
    public bool IsKnown
    {
        get
        {
            lock (s_lock)
            {
                return Look();
            }
        }
    }

    /// <summary>Begins to watch an endpoint. Null where the system does not count.</summary>
    public static QueueDrops? Of(DatagramChannel channel)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var drops = new QueueDrops(channel);
        lock (s_lock)
        {
            s_open.Add(drops);
        }

        return drops;
    }

    /// <summary>The endpoint is about to be closed.</summary>
    [SuppressMessage("Usage", "CA1816", Justification = "Nothing is disposed: there is only nothing left to look at.")]
    public void Close()
    {
        GC.SuppressFinalize(this);
        Leave();
    }

    private void Leave()
    {
        lock (s_lock)
        {
            if (s_open.Remove(this))
            {
                Look();
                _isFinal = true;
            }
        }
    }

    /// <summary>Called under the lock. The kernel's counter has 32 bits and may wrap. False: it told nothing.</summary>
    private bool Look()
    {
        if (_isFinal)
        {
            return false;
        }

        Span<uint> values = stackalloc uint[Values];
        try
        {
            if (_channel.Socket.GetRawSocketOption(SocketLevel, MemoryInfo, MemoryMarshal.AsBytes(values)) == sizeof(uint) * Values)
            {
                uint more = values[DropsIndex] - _seen;
                _seen = values[DropsIndex];
                _count += more;
                s_total += more;
                return true;
            }
        }
        catch (SocketException)
        {
            // A kernel without the option (before 4.12): it has no count to tell.
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner has closed it.
        }

        return false;
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Tcp;

/// <summary>
/// Turns a host into the addresses to try. getaddrinfo(3) cannot be interrupted, so a look-up that takes too long is abandoned, not ended.
/// </summary>
internal static class NameResolution
{
    /// <summary>More than this many addresses of one name are not tried: a resolver may be hostile.</summary>
    private const int MostAddresses = 16;

    /// <summary>Looks up on a thread of its own, so that the caller's deadline holds and no pool thread is needed.</summary>
    public static Answer Resolve(string host, TcpClientOptions options, Deadline deadline)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            return new Answer([literal], SocketError.Success);
        }

        var lookup = new Lookup(host, options.AddressFamily);
        var thread = new Thread(lookup.Run) { IsBackground = true, Name = "SocketKit name look-up" };
        thread.UnsafeStart();
        return lookup.Wait(deadline) ?? new Answer([], SocketError.TimedOut);
    }

    public static async Task<Answer> ResolveAsync(string host, TcpClientOptions options, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            return new Answer([literal], SocketError.Success);
        }

        try
        {
            Task<IPAddress[]> lookup = Dns.GetHostAddressesAsync(host, options.AddressFamily ?? AddressFamily.Unspecified, cancellationToken);
            return new Answer(await lookup.WaitAsync(cancellationToken).ConfigureAwait(false), SocketError.Success);
        }
        catch (SocketException exception)
        {
            // The resolver's answer, "no such name" for one; what the connect makes of it is the caller's.
            return new Answer([], exception.SocketErrorCode);
        }
        catch (ArgumentException)
        {
            // A host name that is longer than DNS allows: no such name exists.
            return new Answer([], SocketError.HostNotFound);
        }
    }

    /// <summary>The addresses in the system's order, families taking turns (RFC 8305 section 4), without those that the options rule out.</summary>
    public static List<IPEndPoint> Order(IReadOnlyList<IPAddress> addresses, int port, TcpClientOptions options)
    {
        var first = new Queue<IPAddress>();
        var second = new Queue<IPAddress>();
        foreach (IPAddress address in addresses)
        {
            if (IsAllowed(address, options))
            {
                (address.AddressFamily == addresses[0].AddressFamily ? first : second).Enqueue(address);
            }
        }

        var ordered = new List<IPEndPoint>();
        while (ordered.Count < MostAddresses && (first.Count > 0 || second.Count > 0))
        {
            if (first.TryDequeue(out IPAddress? one))
            {
                ordered.Add(new IPEndPoint(one, port));
            }

            if (ordered.Count < MostAddresses && second.TryDequeue(out IPAddress? other))
            {
                ordered.Add(new IPEndPoint(other, port));
            }
        }

        return ordered;
    }

    private static bool IsAllowed(IPAddress address, TcpClientOptions options) =>
        (options.AddressFamily is null || options.AddressFamily == address.AddressFamily)
        && (options.LocalEndPoint is null || options.LocalEndPoint.AddressFamily == address.AddressFamily)
        && (options.AddressFilter is null || options.AddressFilter(address));

    /// <summary>The addresses of a name, or why there are none.</summary>
    internal sealed record Answer(IPAddress[] Addresses, SocketError Error);

    [SuppressMessage("Reliability", "CA1001", Justification = "An abandoned look-up sets the event later; it holds no handle while nobody asks for one.")]
    private sealed class Lookup(string host, AddressFamily? family)
    {
        private readonly ManualResetEventSlim _done = new();
        private Answer? _answer;

        public void Run()
        {
            try
            {
                _answer = new Answer(Dns.GetHostAddresses(host, family ?? AddressFamily.Unspecified), SocketError.Success);
            }
            catch (SocketException exception)
            {
                // This is a thread of its own, so the resolver's error goes to the one that waits as an answer.
                _answer = new Answer([], exception.SocketErrorCode);
            }
            catch (ArgumentException)
            {
                // A host name that is longer than DNS allows: no such name exists.
                _answer = new Answer([], SocketError.HostNotFound);
            }

            _done.Set();
        }

        public Answer? Wait(Deadline deadline)
        {
            while (!_done.Wait(deadline.NextWaitMilliseconds()))
            {
                if (deadline.HasPassed)
                {
                    return null;
                }
            }

            return _answer;
        }
    }
}

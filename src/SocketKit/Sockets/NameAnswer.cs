using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>
/// The result of a look-up: the addresses in the resolver's order, or why there are none. It holds failures itself, so no faulted task
/// stays unobserved.
/// </summary>
internal sealed class NameAnswer
{
    private readonly Exception? _failure;

    private NameAnswer(IPAddress[] addresses, SocketError error, string? why = null, Exception? failure = null)
    {
        Addresses = addresses;
        Error = error;
        Why = why ?? Faults.Explain(error);
        _failure = failure;
    }

    /// <summary>The answer for a caller whose deadline passed or whose token fired.</summary>
    public static NameAnswer GivenUp { get; } = new([], SocketError.TimedOut);

    /// <summary>The answer when no thread could be started for the look-up.</summary>
    public static NameAnswer NoThread { get; } = new(
        [],
        SocketError.TooManyOpenSockets,
        "no thread could look the name up: the process or the system has no descriptor or thread left (TooManyOpenSockets).");

    public IPAddress[] Addresses { get; }

    public SocketError Error { get; }

    /// <summary>The error as messages show it.</summary>
    public string Why { get; }

    /// <summary>Unmaps IPv4-mapped addresses and removes duplicates.</summary>
    public static NameAnswer Of(IEnumerable<IPAddress> addresses)
    {
        IPAddress[] found = [.. addresses.Select(Sockets.Addresses.Unmap).Distinct()];
        return new NameAnswer(found, found.Length > 0 ? SocketError.Success : SocketError.HostNotFound);
    }

    public static NameAnswer Failed(SocketError error) => new([], error);

    /// <summary>Holds an exception that is not a resolver error; <see cref="OrThrow"/> throws it to every caller.</summary>
    public static NameAnswer Threw(Exception failure) => new([], SocketError.SocketError, failure: failure);

    public NameAnswer OrThrow()
    {
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return this;
    }
}

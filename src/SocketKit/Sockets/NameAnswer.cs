using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>The addresses of a name in the resolver's order, or why there are none. No exception waits in it unobserved.</summary>
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

    /// <summary>The caller's deadline or token came first.</summary>
    public static NameAnswer GivenUp { get; } = new([], SocketError.TimedOut);

    /// <summary>The look-up needs a thread, and the runtime needs descriptors for one.</summary>
    public static NameAnswer NoThread { get; } = new(
        [],
        SocketError.TooManyOpenSockets,
        "no thread could look the name up: the process or the system has no descriptor or thread left (TooManyOpenSockets).");

    public IPAddress[] Addresses { get; }

    public SocketError Error { get; }

    /// <summary>The error in words.</summary>
    public string Why { get; }

    /// <summary>IPv4 where they are mapped, and each once.</summary>
    public static NameAnswer Of(IEnumerable<IPAddress> addresses)
    {
        IPAddress[] found = [.. addresses.Select(Sockets.Addresses.Unmap).Distinct()];
        return new NameAnswer(found, found.Length > 0 ? SocketError.Success : SocketError.HostNotFound);
    }

    public static NameAnswer Failed(SocketError error) => new([], error);

    /// <summary>Something that is not the resolver's word on the name, for each caller to hear.</summary>
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

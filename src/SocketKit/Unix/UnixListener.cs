using System.Collections.Frozen;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Sockets.Limits;

namespace SocketKit.Unix;

/// <summary>What a server of either kind has once its socket listens: the channel, its file, and where it logs and counts.</summary>
internal sealed class UnixListener
{
    private readonly BoundFile? _file;
    private volatile bool _hasDuplicate;

    private UnixListener(ListenerChannel channel, BoundFile? file, ILogger logger, ServerCounters counters)
    {
        Channel = channel;
        _file = file;
        Logger = logger;
        Counters = counters;
    }

    public ListenerChannel Channel { get; }

    public ILogger Logger { get; }

    public ServerCounters Counters { get; }

    /// <summary>socket(2), fchmod(2), bind(2), listen(2).</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="type">Stream or sequenced packets.</param>
    /// <param name="options">The server's own copy.</param>
    /// <param name="values">What only listeners have of them.</param>
    public static UnixListener Listen(UnixAddress address, SocketType type, SocketOptions options, Values values)
    {
        Socket socket = SystemSocket.OpenFor(SocketOperation.Listen, address.EndPoint, type, ProtocolType.Unspecified);
        BoundFile? file = null;
        try
        {
            options.ApplyTo(socket);
            options.RunConfigure(socket);
            file = UnixBinding.Bind(socket, address, values.Mode, SocketOperation.Listen);
            UnixBinding.Listen(socket, address, values.Backlog);
            return Over(socket, ownsSocket: true, options, values, file);
        }
        catch
        {
            // Neither the file nor the descriptor may be left behind.
            file?.Delete();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes a socket that listens already.</summary>
    public static UnixListener Over(
        Socket listening, bool ownsSocket, SocketOptions options, Values values, BoundFile? file = null)
    {
        SocketEngine engine = options.EngineOrDefault;
        ILogger logger = options.CreateLogger(values.LogCategory);
        var counters = new ServerCounters(listening);

        // The caller's collection may throw, so read it before the engine takes the socket.
        FrozenSet<uint>? allowed = PeerGuard.AllowedOn(listening, values.AllowedUserIds);
        ListenerChannel channel = engine.OpenListener(listening, ownsSocket);
        if (allowed is not null)
        {
            channel = new PeerGuard(channel, allowed, listening.LocalEndPoint, logger, new LogRate(values.Clock), counters);
        }

        return new UnixListener(channel, file, logger, counters);
    }

    /// <summary>Somebody else has the listener, too, from now on.</summary>
    public void NoteDuplicate() => _hasDuplicate = true;

    /// <summary>Whoever has a duplicate listens on, and clients find it by the file.</summary>
    public void DeleteFile()
    {
        if (!_hasDuplicate)
        {
            _file?.Delete();
        }
    }

    public readonly record struct Values(
        string LogCategory, UnixFileMode Mode, int Backlog, IReadOnlyCollection<uint>? AllowedUserIds, TimeProvider Clock);
}

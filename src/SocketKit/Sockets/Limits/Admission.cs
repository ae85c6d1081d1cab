using System.Net;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Sockets.Serving;

namespace SocketKit.Sockets.Limits;

/// <summary>Decides which connections get a handler, and counts and reports those that do not.</summary>
/// <param name="options">The checked options of the server.</param>
/// <param name="capacity">How many connections are served at a time: MaxConnections, or fewer.</param>
/// <param name="counters">The counters of the server.</param>
/// <param name="local">The server's address, for log lines.</param>
/// <param name="logger">The server's logger.</param>
internal sealed class Admission<TConnection>(
    IServerOptions<TConnection> options, int capacity, ServerCounters counters, EndPoint? local, ILogger logger)
    where TConnection : StreamConnection
{
    private readonly AddressTable? _addresses = options.MaxConnectionsPerAddress is { } limit ? new AddressTable(limit) : null;
    private readonly LogRate _rejections = new(options.Clock);
    private readonly LogRate _filterFaults = new(options.Clock);

    /// <summary>
    /// Asks the filter. It fails closed: without an address, or if the application's delegate throws, the answer is no.
    /// </summary>
    public bool PassesFilter(StreamChannel channel)
    {
        if (options.AddressFilter is not { } filter)
        {
            return true;
        }

        try
        {
            return channel.RemoteEndPoint is IPEndPoint remote && filter(remote.Address);
        }
        catch (Exception exception)
        {
            // The application's delegate threw. Only this connection is refused; accepting goes on.
            if (_filterFaults.ShouldLog(out _))
            {
                Log.AddressFilterFailed(logger, exception, local);
            }

            return false;
        }
    }

    /// <summary>Counts the connection for its address. False if the address has reached its limit.</summary>
    public bool TryEnter(TConnection connection) => AddressOf(connection) is not { } address || _addresses!.TryAdd(address);

    /// <summary>A connection that has entered has ended.</summary>
    public void Leave(TConnection connection)
    {
        if (AddressOf(connection) is { } address)
        {
            _addresses!.Remove(address);
        }
    }

    /// <summary>Closes a connection that does not get a handler.</summary>
    public void Reject(StreamChannel channel, RejectReason reason)
    {
        counters.Rejected(reason);
        if (reason == RejectReason.Stopping)
        {
            channel.Abort(CloseReason.ServerStopped);
            return;
        }

        if (_rejections.ShouldLog(out int count))
        {
            Log.ConnectionRejected(logger, count, local, channel.RemoteEndPoint, Explain(reason));
        }

        channel.Abort(CloseReason.Error);
    }

    /// <summary>Null if addresses are not counted, or the peer had gone before its address was read.</summary>
    private IPAddress? AddressOf(TConnection connection) =>
        _addresses is null ? null : (connection.RemoteEndPoint as IPEndPoint)?.Address;

    private string Explain(RejectReason reason) => reason switch
    {
        RejectReason.Full => $"{capacity} are being served (MaxConnections)",
        RejectReason.FullForAddress => $"{options.MaxConnectionsPerAddress} of its address are being served (MaxConnectionsPerAddress)",
        _ => "its address was not accepted (AddressFilter)",
    };
}

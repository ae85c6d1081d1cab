using System.Diagnostics;
using System.Net;
using SocketKit.Telemetry;

namespace SocketKit.Sockets.Serving;

/// <summary>The bytes of all connections for telemetry, and the span of each.</summary>
internal sealed partial class ConnectionService<TConnection>
{
    Transport IByteSource.Transport => _local is IPEndPoint ? Transport.Tcp : Transport.Unix;

    ByteCount IByteSource.ReadBytes() => _counters.ReadBytes(() => Connections);

    void IByteSource.AddEndedTo(EndedBytes total) => _counters.AddEndedTo(total);

    private Activity? StartSpan(TConnection connection) => Spans.HaveListeners
        ? ConnectionSpan.Start(connection.Channel, ((IByteSource)this).Transport, connection.Id)
        : null;

    /// <summary>
    /// Once the service has stopped and the last handler has ended, nothing changes any more. A handler that does not return keeps the
    /// service in the sums.
    /// </summary>
    private void RetireIfOver()
    {
        if (_handlers is { IsClosed: true, Count: 0 })
        {
            StreamSums.Default.Remove(this);
        }
    }
}

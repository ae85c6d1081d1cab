using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Load;

/// <summary>Plain SocketKit, as a user writes it: one loop per connection.</summary>
internal static class TcpEchoServer
{
    /// <summary>The same for all servers of this program.</summary>
    public const int Backlog = 4096;

    /// <summary>Longer than any run, so that every limit is on, and none passes.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromHours(1);

    /// <summary>
    /// No time limits, because some loads hold silent connections for longer than the defaults permit; with <c>--limits yes</c> all limits
    /// that there are. With <c>--tls yes</c> TLS, and a certificate of its own.
    /// </summary>
    public static TcpServerOptions OptionsOf(Arguments arguments)
    {
        bool isLimited = arguments.IsSet("limits");
        TimeSpan limit = isLimited ? s_limit : Timeout.InfiniteTimeSpan;
        return new TcpServerOptions
        {
            Engine = arguments.StreamEngine,
            Dispatch = arguments.Dispatch,
            Backlog = Backlog,
            DrainTimeout = TimeSpan.Zero,
            FirstByteTimeout = limit,
            IdleTimeout = limit,
            SendStallTimeout = limit,
            MaxConnectionsPerAddress = isLimited ? 1_000_000 : null,
            AddressFilter = isLimited ? static address => !address.Equals(IPAddress.None) : null,
            Tls = arguments.IsSet("tls") ? NewTls() : null,
        };
    }

    private static TlsServerOptions NewTls()
    {
        using X509Certificate2 certificate = OwnCertificate.Make();

        // Load generators end as abruptly as they like.
        return new TlsServerOptions { Certificate = TlsCertificate.From(certificate), AllowTruncation = true };
    }

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = OptionsOf(arguments);
        int bufferSize = arguments.Integer("buffer", 1, 64 << 20, 16384);
        var work = Work.Of(arguments);
        using EverythingListener? listener = arguments.IsSet("telemetry") ? new EverythingListener() : null;
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        arguments.RefuseOthers();

        await using TcpServer server = TcpServer.Listen(host, port, options);
        Banner.Print("tcp-echo", options.Engine, bufferSize, server.LocalEndPoint);
        await server.ServeAsync(
            async (connection, stopping) =>
            {
                byte[] buffer = new byte[bufferSize];
                Action workOnce = work.ForConnection();
                int received;
                while ((received = await connection.ReceiveAsync(buffer, stopping)) > 0)
                {
                    workOnce();
                    await connection.SendAsync(buffer.AsMemory(0, received), stopping);
                }
            },
            cancellationToken);
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;
using SocketKit.Load;

namespace SocketKit.Benchmarks.Tls;

/// <summary>
/// A client comes, does a full handshake of TLS 1.3, gets one byte back and goes with RST. It is SslStream on a raw socket, and only the
/// server differs; what both sides compute is counted. What a server shows is made once, or anew for each client.
/// </summary>
[SuppressMessage("Security", "CA5359", Justification = "The server is in this process, and nobody has signed its certificate.")]
[SuppressMessage("Design", "CA1001", Justification = "Close is called when the benchmark is over.")]
public class TlsHandshakes : EngineBenchmark
{
    private static readonly LingerOption s_reset = new(true, 0);

    private readonly CancellationTokenSource _stop = new();
    private readonly SslClientAuthenticationOptions _client = new()
    {
        TargetHost = "localhost",
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };

    private X509Certificate2 _certificate = null!;
    private SslServerAuthenticationOptions _options = null!;
    private TlsCertificate _shown = null!;
    private Socket _listener = null!;
    private TcpServer _kit = null!;

    [GlobalSetup]
    public void Listen()
    {
        using var transport = new TcpTransport();
        _certificate = OwnCertificate.Make();
        _options = NewOptions();
        _listener = transport.Listen();
        _ = ServeAsync();
        _shown = TlsCertificate.From(_certificate);
        _kit = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), new TcpServerOptions
        {
            Engine = ChosenEngine,
            DrainTimeout = TimeSpan.Zero,
            Tls = new TlsServerOptions { Certificate = _shown, AllowTruncation = true },
        });
        _ = _kit.ServeAsync(
            static async (connection, stopping) =>
            {
                byte[] buffer = new byte[1];
                while (await connection.ReceiveAsync(buffer, stopping) > 0)
                {
                    await connection.SendAsync(buffer, stopping);
                }
            },
            _stop.Token);
    }

    [GlobalCleanup]
    public void Close()
    {
        _stop.Cancel();
        _listener.Dispose();
        _kit.Dispose();
        _shown.Dispose();
        _certificate.Dispose();
        _stop.Dispose();
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("cached")]
    public Task Cached_SslStream() => VisitAsync(_listener.LocalEndPoint!);

    [Benchmark]
    [BenchmarkCategory("cached")]
    public Task Cached_SocketKit() => VisitAsync(_kit.LocalEndPoint);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("fresh")]
    public Task Fresh_SslStream()
    {
        Volatile.Write(ref _options, NewOptions());
        return VisitAsync(_listener.LocalEndPoint!);
    }

    [Benchmark]
    [BenchmarkCategory("fresh")]
    public Task Fresh_SocketKit()
    {
        _shown.Replace(_certificate);
        return VisitAsync(_kit.LocalEndPoint);
    }

    private SslServerAuthenticationOptions NewOptions() =>
        new() { ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true) };

    private async Task VisitAsync(EndPoint server)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        (socket.NoDelay, socket.LingerState) = (true, s_reset);
        await socket.ConnectAsync(server);
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(_client);
        byte[] message = [1];
        await stream.WriteAsync(message);
        await stream.ReadExactlyAsync(message);
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }

    private async Task EchoAsync(Socket accepted)
    {
        await using var stream = new SslStream(new NetworkStream(accepted, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(Volatile.Read(ref _options));
            byte[] buffer = new byte[1];
            while (await stream.ReadAsync(buffer) > 0)
            {
                await stream.WriteAsync(buffer);
            }
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            // The client has gone.
        }
    }
}

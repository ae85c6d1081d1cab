using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Load;

/// <summary>
/// The echo server on <see cref="SslStream"/> over <see cref="NetworkStream"/>: one loop of awaited calls per connection, and one
/// certificate context for all. With <c>--wait zero</c> it waits with an empty read; with <c>--idle yes</c> it holds no buffer meanwhile.
/// </summary>
[SuppressMessage("Reliability", "CA2022", Justification = "An empty read only waits.")]
internal static class SslStreamEchoServer
{
    [SuppressMessage("Reliability", "CA2025", Justification = "Each connection disposes its own socket.")]
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        bool idles = arguments.IsSet("idle");
        bool waits = arguments.OneOf("wait", "direct", "zero") == "zero";
        var server = new PlainServer(arguments);
        using X509Certificate2 certificate = OwnCertificate.Make();
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
        };
        using Socket listener = server.Listen("sslstream");
        await using Timer? collecting = idles ? Collecting.Start() : null;
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync(cancellationToken);
                _ = EchoAsync(connection, options, stream => idles ? EchoIdlyAsync(stream, server.BufferSize)
                    : EchoAsync(stream, server.BufferSize, waits, server.WorkForConnection()));
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The stream disposes the socket.")]
    private static async Task EchoAsync(Socket connection, SslServerAuthenticationOptions options, Func<SslStream, Task> echo)
    {
        await using var stream = new SslStream(new NetworkStream(connection, ownsSocket: true));
        try
        {
            connection.NoDelay = true;
            await stream.AuthenticateAsServerAsync(options);
            await echo(stream);
        }
        catch (Exception problem) when (problem is IOException or AuthenticationException)
        {
            // The peer is gone: an echo server has nobody left to tell.
        }
    }

    private static async Task EchoAsync(SslStream stream, int bufferSize, bool waits, Action work)
    {
        byte[] buffer = new byte[bufferSize];
        while (true)
        {
            if (waits)
            {
                await stream.ReadAsync(Memory<byte>.Empty);
            }

            int received = await stream.ReadAsync(buffer);
            if (received == 0)
            {
                return;
            }

            work();
            await stream.WriteAsync(buffer.AsMemory(0, received));
        }
    }

    private static async Task EchoIdlyAsync(SslStream stream, int bufferSize)
    {
        do
        {
            await stream.ReadAsync(Memory<byte>.Empty);
        }
        while (await EchoOnceAsync(stream, bufferSize));
    }

    /// <summary>A method of its own, so that the one that idles keeps nothing of it.</summary>
    private static async ValueTask<bool> EchoOnceAsync(SslStream stream, int bufferSize)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bufferSize);
        try
        {
            int received = await stream.ReadAsync(buffer.AsMemory());
            await stream.WriteAsync(buffer.AsMemory(0, received));
            return received > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

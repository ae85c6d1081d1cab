using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Tcp;

/// <summary>
/// Makes a connected pair over loopback. Any other client that connects to the short-lived listener is turned away (CVE-2024-3219).
/// </summary>
internal static class TcpPair
{
    /// <param name="options">The checked options of both ends.</param>
    public static (TcpConnection First, TcpConnection Second) Create(TcpClientOptions options)
    {
        // An accepted socket inherits what is set on its listener, so nothing is.
        var listenerOptions = new TcpServerOptions { Backlog = 1, NoDelay = false, KeepAlive = null };
        Socket listening = TcpSockets.Listening(new IPEndPoint(IPAddress.Loopback, 0), listenerOptions);
        var local = (IPEndPoint)listening.LocalEndPoint!;
        using ListenerChannel listener = options.EngineOrDefault.OpenListener(listening, ownsSocket: true);
        TcpConnector connector = TcpConnector.To(local, ConnectOptionsOf(options));
        connector.IsObserved = false;
        TcpClient client = connector.Connect();
        StreamChannel? accepted = null;
        try
        {
            accepted = Accept(listener, local, client.LocalEndPoint);
            options.ApplyTo(accepted.Socket);
            options.RunConfigure(client.Socket);
            options.RunConfigure(accepted.Socket);
            return (client, new TcpConnection(accepted, options));
        }
        catch
        {
            // One end is of no use without the other, and neither is if an option was refused or Configure threw.
            client.Dispose();
            accepted?.Dispose();
            throw;
        }
    }

    private static StreamChannel Accept(ListenerChannel listener, IPEndPoint local, IPEndPoint client)
    {
        while (true)
        {
            AcceptResult accepted = listener.Accept(Timeout.InfiniteTimeSpan);
            StreamChannel channel = accepted.Channel ?? throw Refused(accepted.Outcome.Error, local);
            if (client.Equals(channel.RemoteEndPoint))
            {
                return channel;
            }

            channel.Abort(CloseReason.Error);
        }
    }

    /// <summary>Configure is called later, with both ends, and nothing else of these options concerns a connect over loopback.</summary>
    private static TcpClientOptions ConnectOptionsOf(TcpClientOptions options)
    {
        TcpClientOptions copy = SocketOptions.Snapshot(options);
        copy.Configure = null;
        copy.ConnectTimeout = new TcpClientOptions().ConnectTimeout;
        copy.LocalEndPoint = null;
        copy.Retry = null;
        return copy;
    }

    private static SocketOperationException Refused(SocketError error, IPEndPoint local)
    {
        string name = Faults.NameOf(SocketOperation.Accept);
        return new SocketOperationException(error, $"{name} on {local} failed: {Reasons.Of(error, SocketOperation.Accept)}", name, local);
    }
}

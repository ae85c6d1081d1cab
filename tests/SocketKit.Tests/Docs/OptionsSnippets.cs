namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/options.md, compiled.</summary>
internal static class OptionsSnippets
{
    public static (bool QuickAck, int SendBuffer) Catalogue(TcpConnection connection)
    {
        connection.SetOption(SocketOption.QuickAck, true);
        int sendBuffer = connection.GetOption(SocketOption.SendBufferSize);
        return (connection.GetOption(SocketOption.QuickAck), sendBuffer);
    }

    public static bool Before()
    {
        var options = new TcpServerOptions { Configure = socket => SocketOption.FreeBind.SetOn(socket, true) };
        using var server = TcpServer.Listen("localhost", 0, options);
        return SocketOption.FreeBind.GetFrom(server.Socket);
    }

    public static uint Raw(TcpConnection connection)
    {
        // SOL_SOCKET is 1 and SO_MAX_PACING_RATE is 47 on Linux: at most a million bytes per second.
        connection.SetRawOption(level: 1, name: 47, BitConverter.GetBytes(1_000_000u));
        var value = new byte[4];
        connection.GetRawOption(level: 1, name: 47, value);
        return BitConverter.ToUInt32(value);
    }

    public static TcpClientOptions Alive()
    {
        var options = new TcpClientOptions
        {
            KeepAlive = new TcpKeepAlive(Idle: TimeSpan.FromSeconds(20), Interval: TimeSpan.FromSeconds(5), Probes: 4),
            UserTimeout = TimeSpan.FromSeconds(40),
        };
        return options;
    }

    public static string Look(TcpConnection connection)
    {
        TcpInfo info = connection.GetInfo();
        string text = $"{info.State}, round trip {info.RoundTripTime.TotalMilliseconds} ms, {info.TotalRetransmits} segments sent again";
        return text;
    }
}

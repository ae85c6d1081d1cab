namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/engines.md, compiled.</summary>
internal static class EnginesSnippets
{
    public static string Ask(TcpServer server)
    {
        Console.WriteLine(SocketEngine.Default.Description);
        string engine = server.Engine.Description;
        return engine;
    }

    public static SocketEngine One()
    {
        var options = new TcpServerOptions { Engine = SocketEngine.Portable };
        using var server = TcpServer.Listen("localhost", 0, options);
        return server.Engine;
    }

    public static SocketEngine Own(int port)
    {
        var options = new TcpServerOptions { Dispatch = Dispatch.ThreadPool };
        if (OperatingSystem.IsLinux())
        {
            // Its threads live as long as the process: make one, and share it.
            options.Engine = SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = 2, BusyPoll = BusyPoll.Off });
        }

        using var server = TcpServer.Listen("localhost", port, options);
        return server.Engine;
    }
}

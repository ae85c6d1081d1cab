namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/threads.md, compiled. ThreadsGuideTests runs it.</summary>
internal static class ThreadsSnippets
{
    public static (SocketEngine? Chosen, SocketEngine OfServer) Choose(int port)
    {
        var options = new TcpServerOptions { Dispatch = Dispatch.Inline };
        if (OperatingSystem.IsLinux())
        {
            // Its threads live as long as the process: make one, and share it.
            options.Engine = SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = 2 });
        }

        using var server = TcpServer.Listen(port, options);
        return (options.Engine, server.Engine);
    }
}

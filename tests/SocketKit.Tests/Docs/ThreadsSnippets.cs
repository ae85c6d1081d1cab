namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/threads.md, compiled.</summary>
internal static class ThreadsSnippets
{
    public static void Choose()
    {
        if (OperatingSystem.IsLinux())
        {
            var engine = SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = 2 });
            using var server = TcpServer.Listen(12345, new TcpServerOptions { Engine = engine, Dispatch = Dispatch.Inline });
        }
    }
}

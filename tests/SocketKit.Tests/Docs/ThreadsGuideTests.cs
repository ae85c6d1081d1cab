namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/threads.md, run.</summary>
public sealed class ThreadsGuideTests
{
    [Fact]
    public void A_server_runs_on_the_engine_that_was_chosen()
    {
        (SocketEngine? chosen, SocketEngine ofServer) = ThreadsSnippets.Choose(0);

        ofServer.Should().BeSameAs(chosen ?? SocketEngine.Default);
    }
}

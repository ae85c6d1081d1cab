namespace SocketKit.IntegrationTests.Kit;

/// <summary>Tells when a receive on another thread has begun.</summary>
public static class TestReceives
{
    public static Task Begun(StreamConnection connection) =>
        Eventually.BeTrueAsync(() => connection.Channel.IsReceiving, "the receive should have begun");
}

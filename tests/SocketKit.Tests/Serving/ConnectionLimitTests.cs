using SocketKit.Sockets.Limits;

namespace SocketKit.Tests.Serving;

/// <summary>How many connections a server serves with so many descriptors.</summary>
public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData(10_000, null, 10_000)]
    [InlineData(10_000, long.MaxValue, 10_000)]
    [InlineData(10_000, 10_512L, 10_000)]
    [InlineData(10_000, 10_511L, 9_999)]
    [InlineData(10_000, 1024L, 512)]
    [InlineData(10_000, 1000L, 500)]
    [InlineData(500, 1024L, 500)]
    [InlineData(10_000, 1L, 1)]
    [InlineData(10_000, 0L, 1)]
    [InlineData(1, 0L, 1)]
    public void So_many_are_served(int asked, long? descriptors, int served) =>
        ConnectionLimit.Within(asked, descriptors).Should().Be(served);
}

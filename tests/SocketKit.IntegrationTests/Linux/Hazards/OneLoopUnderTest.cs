using SocketKit.Engine.Linux;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>
/// All connections on one loop, which no other test uses: what is ready at the same time comes in one batch, and between tests it sleeps.
/// Where there is no epoll, the bodies run on the portable engine once more.
/// </summary>
public sealed class OneLoopUnderTest : EngineUnderTest
{
    private static readonly Lazy<SocketEngine> s_engine = new(static () => OperatingSystem.IsLinux() && EpollSet.IsSupported
        ? new EpollEngine("epoll engine, one loop, under test", SocketEngine.Portable, loops: 1, BusyPoll.Auto)
        : SocketEngine.Portable);

    public override SocketEngine Engine => s_engine.Value;
}

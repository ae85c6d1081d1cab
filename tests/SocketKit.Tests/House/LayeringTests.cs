using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using SocketKit.Engine;

namespace SocketKit.Tests.House;

/// <summary>
/// Arrows point downwards only: what the built assembly refers to, mapped to the folders of its sources, against the table of the layers.
/// </summary>
public sealed class LayeringTests
{
    private const string Engine = "Engine";
    private const string Streams = "Engine/Streams";
    private const string Datagrams = "Engine/Datagrams";
    private const string Portable = "Engine/Portable";
    private const string Tasks = "Engine/Tasks";
    private const string Polling = "Engine/Polling";
    private const string Batches = "Engine/Batches";
    private const string Platform = "Engine/Platform";
    private const string Linux = "Engine/Linux";
    private const string Loops = "Engine/Linux/Loops";
    private const string Connections = "Engine/Linux/Connections";
    private const string LinuxDatagrams = "Engine/Linux/Datagrams";
    private const string Interop = "Engine/Linux/Interop";
    private const string Telemetry = "Telemetry";
    private const string Thrown = "Errors/SocketOperationException.cs";
    private const string Selector = "Engine/EngineSelector.cs";

    private static readonly string[] s_sockets =
    [
        "Sockets", "Sockets/Connecting", "Sockets/Limits", "Sockets/Messages", "Sockets/Options", "Sockets/Pipes", "Sockets/Polling",
        "Sockets/Serving", "Errors", Engine, Batches, Tasks, Polling, Platform, "Diagnostics", Telemetry, "Framing", "Tls",
    ];

    /// <summary>
    /// Folder → the other folders that it may mention. CloseReason and SocketEngine are public and lie in Engine/, so Diagnostics, which
    /// logs the one and describes the other, may look there, and Telemetry at channels. A folder that is not listed may mention nothing.
    /// </summary>
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["Tcp"] = s_sockets,
        ["Udp"] = s_sockets,
        ["Unix"] = s_sockets,
        ["Raw"] = s_sockets,
        ["Sockets"] = s_sockets,
        ["Sockets/Connecting"] = s_sockets,
        ["Sockets/Limits"] = s_sockets,
        ["Sockets/Messages"] = s_sockets,
        ["Sockets/Options"] = s_sockets,
        ["Sockets/Pipes"] = s_sockets,
        ["Sockets/Polling"] = s_sockets,
        ["Sockets/Serving"] = s_sockets,
        ["Errors"] = ["Sockets", "Sockets/Options", Engine],
        ["Diagnostics"] = [Engine],
        [Telemetry] = [Engine],
        ["Tls"] = [Engine, Tasks, Streams],
        ["Framing"] = [],
        [Engine] = [Tasks, Polling, Batches, Interop],
        [Batches] = [],
        [Tasks] = [Engine],
        [Polling] = [Engine],
        [Platform] = [Engine, Batches, Interop],
        [Streams] = [Engine, Tasks, Polling, Platform],
        [Datagrams] = [Engine, Batches, Tasks, Polling, Platform, Streams, Telemetry],
        [Portable] = [Engine, Batches, Tasks, Polling, Platform, Streams, Datagrams, Telemetry],
        [Linux] = [Engine, Tasks, Polling, Platform, Streams, Loops, Connections, LinuxDatagrams, Interop],
        [Loops] = [Engine, Tasks, Interop, Telemetry],
        [Connections] = [Engine, Tasks, Polling, Platform, Streams, Loops, Interop],
        [LinuxDatagrams] = [Engine, Batches, Tasks, Platform, Streams, Datagrams, Loops, Connections, Interop],
        [Interop] = [],
    };

    private static readonly Lazy<IReadOnlyList<AssemblyMap.Reference>> s_references = new(Read);

    [Fact]
    public void The_map_sees_the_whole_assembly()
    {
        s_references.Value.Should().HaveCountGreaterThan(200);
        s_references.Value.Select(static reference => reference.FromFolder)
            .Should().Contain(["Tcp", "Sockets", Engine, Portable, "Errors"]);
        s_references.Value.Should().Contain(static reference => reference.FromFile == Selector && reference.ToFolder == Portable);
    }

    [Fact]
    public void Arrows_point_downwards_only()
    {
        s_references.Value.Where(static reference => !IsAllowed(reference)).Select(static reference => reference.ToString())
            .Should().BeEmpty();
    }

    [Theory]
    [InlineData("Engine/SocketEngine.cs", "Sockets/SocketBase.cs")]
    [InlineData("Engine/SocketEngine.cs", "Engine/Portable/PortableEngine.cs")]
    [InlineData("Engine/Portable/PortableEngine.cs", "Errors/Faults.cs")]
    [InlineData("Engine/Linux/Loops/EpollLoop.cs", "Engine/Linux/Connections/EpollStream.cs")]
    [InlineData("Engine/Portable/PortableStream.cs", "Engine/Linux/Interop/Libc.cs")]
    [InlineData("Tcp/TcpServer.cs", "Engine/Portable/PortableEngine.cs")]
    [InlineData("Tcp/TcpServer.cs", "Engine/Linux/Interop/Libc.cs")]
    [InlineData("Sockets/SocketBase.cs", "Tcp/TcpServer.cs")]
    [InlineData("Tcp/TcpServer.cs", "Udp/UdpEndpoint.cs")]
    [InlineData("Diagnostics/Log.cs", "Errors/Faults.cs")]
    [InlineData("Telemetry/StreamSums.cs", "Sockets/StreamConnection.cs")]
    [InlineData("Engine/StreamChannel.cs", "Telemetry/StreamSums.cs")]
    [InlineData("NewFolder/New.cs", "Engine/SocketEngine.cs")]
    public void An_arrow_upwards_is_noticed(string from, string to)
    {
        IsAllowed(new AssemblyMap.Reference("A", from, "B", to)).Should().BeFalse();
    }

    private static bool IsAllowed(AssemblyMap.Reference reference)
    {
        if (reference.FromFolder == reference.ToFolder)
        {
            return true;
        }

        // The one file that names implementations; what it throws is public.
        return (reference.FromFile == Selector && (reference.ToFolder is Portable or Linux || reference.ToFile == Thrown))
            || (s_allowed.TryGetValue(reference.FromFolder, out string[]? allowed) && allowed.Contains(reference.ToFolder));
    }

    private static List<AssemblyMap.Reference> Read()
    {
        string assembly = Path.Combine(AppContext.BaseDirectory, "SocketKit.dll");
        using var image = new PEReader(File.OpenRead(assembly));
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(assembly, ".pdb")));
        var map = new AssemblyMap(image.GetMetadataReader(), symbols.GetMetadataReader());
        return [.. map.References(address => image.GetMethodBody(address).GetILReader())];
    }
}

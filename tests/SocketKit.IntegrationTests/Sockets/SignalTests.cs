using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>Signals that hit the very thread that waits in a system call: no call ends with EINTR.</summary>
[Collection(Serial.Name)]
public abstract class SignalTests<TEngine> : TcpSignals<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact("python3")]
    public async Task A_receive_without_a_deadline_goes_on()
    {
        using TcpPairUnderTest pair = ConnectPair();
        (await Under(() => pair.Accepted.Receive(new byte[1]), () => pair.Client.Send("x"u8))).Should().Be(1);
    }

    [LinuxFact("python3")]
    public async Task A_receive_with_a_deadline_goes_on()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.ReceiveTimeout = Limits.Hang;
        (await Under(() => pair.Accepted.Receive(new byte[1]), () => pair.Client.Send("x"u8))).Should().Be(1);
    }

    [LinuxFact("python3")]
    public async Task An_accept_goes_on()
    {
        using TcpServer server = Listen();
        TcpClient? client = null;
        using TcpConnection accepted = await Under(server.Accept, () => client = Connect(server));
        accepted.RemoteEndPoint.Should().Be(client!.LocalEndPoint);
        client.Dispose();
    }

    [LinuxFact("python3")]
    public async Task A_send_goes_on()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] large = Payload.Of(Payload.MoreThanKernelTakes);
        Task<byte[]>? reading = null;
        (await Under(() => pair.Client.Send(large), () => reading = pair.Accepted.ReadToEnd())).Should().Be(large.Length);
        pair.Client.ShutdownSend();
        (await reading!.Within()).AsSpan().SequenceEqual(large).Should().BeTrue();
    }

    [LinuxFact("python3")]
    public async Task A_datagram_receive_goes_on()
    {
        using UdpEndpoint endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = Engine });
        (await Under(() => endpoint.ReceiveFrom(new byte[1]), () => endpoint.SendTo("x"u8, endpoint.LocalEndPoint))).Length.Should().Be(1);
    }

    [LinuxFact("python3")]
    public async Task A_wait_ends_at_its_time_and_not_before()
    {
        using TcpPairUnderTest pair = ConnectPair();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        (await Under(() => pair.Accepted.WaitReadable(TimeSpan.FromSeconds(1)), static () => { })).Should().BeFalse();
        clock.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
    }
}

/// <summary>Sends signals to one thread of this process.</summary>
public abstract class TcpSignals<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    // Python's os.kill reaches some thread of the process; tgkill(2) reaches the one that waits.
    private const string Storm = """
        import ctypes, signal, sys
        libc = ctypes.CDLL(None, use_errno=True)
        process, thread = int(sys.argv[1]), int(sys.argv[2])
        for i in range(10000):
            if libc.tgkill(process, thread, (signal.SIGWINCH, signal.SIGCHLD)[i % 2]) != 0:
                sys.exit("the thread is gone")
        """;

    /// <summary>Makes the call on a thread of its own, has ten thousand signals hit it, and then does what lets the call end.</summary>
    protected static async Task<T> Under<T>(Func<T> call, Action release)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException();
        }

        // A signal that is ignored interrupts nothing, so the runtime has to handle these.
        using PosixSignalRegistration winch = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, static _ => { });
        using PosixSignalRegistration child = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, static _ => { });
        var thread = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var over = new ManualResetEventSlim();
        Task<T> task = Limits.OnThread(() =>
        {
            thread.SetResult(Path.GetFileName(new FileInfo("/proc/thread-self").LinkTarget!));
            try
            {
                return call();
            }
            finally
            {
                over.Wait(Limits.Hang);
            }
        });
        try
        {
            string process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            await Tool.RunAsync(Python.Program, "-c", Storm, process, await thread.Task.Within());
            release();
        }
        finally
        {
            over.Set();
        }

        return await task.Within();
    }
}

public sealed class SignalTests_Portable : SignalTests<PortableUnderTest>;

public sealed class SignalTests_Epoll : SignalTests<EpollUnderTest>;

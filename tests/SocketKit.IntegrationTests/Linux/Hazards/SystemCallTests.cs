using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>An echo server on epoll in a process of its own, under strace(1), which makes system calls fail or writes them down.</summary>
public sealed partial class SystemCallTests : EngineTests<EpollUnderTest>
{
    private const int Clients = 30;
    private const string Waits = "epoll_wait,epoll_pwait";

    /// <summary>close(2) is missing: Linux has closed the descriptor when a signal comes, so that it must not be closed again.</summary>
    [LinuxTheory("strace")]
    [InlineData("accept4")]
    [InlineData("recvfrom")]
    [InlineData("sendto")]
    [InlineData("epoll_wait,epoll_pwait")]
    public async Task A_call_that_a_signal_interrupts_is_made_again(string call)
    {
        await using FaultServerProcess server = await FaultServerProcess.StartAsync(
            "epoll", "strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:error=EINTR:when=2+2");

        await TalkAsync(server);

        (await server.AskAsync("warnings")).Should().Be(0);
    }

    /// <summary>Attached to the running server: the loader of the program does not survive it.</summary>
    [LinuxFact("strace", "env", Root = true)]
    public async Task A_close_that_a_signal_interrupts_is_not_made_again()
    {
        using var log = new StraceLog();
        Script strace;
        await using (FaultServerProcess server = await FaultServerProcess.StartAsync("epoll", "env"))
        {
            strace = Script.Start(
                "strace", "-f", "-qq", "-o", log.Path, "-e", "signal=none", "-e", "trace=close,accept4", "-e",
                "inject=close:error=EINTR:when=1+2",
                "-p", server.Id.ToString(CultureInfo.InvariantCulture));
            await Eventually.BeTrueAsync(() => IsTraced(server.Id), "strace looks at every thread");
            await TalkAsync(server);
        }

        using (strace)
        {
            await strace.EndAsync();
        }

        // The call was not really made, so nobody else gets the number, and whoever closes it again does so a second time.
        var open = new HashSet<string>();
        var interrupted = new HashSet<string>();
        foreach (string call in log.Calls())
        {
            if (Accepted().Match(call) is { Success: true } accept)
            {
                open.Add(accept.Groups["fd"].Value);
            }
            else if (Closed().Match(call) is { Success: true } close)
            {
                string fd = close.Groups["fd"].Value;
                interrupted.Should().NotContain(fd, "it is closed");
                if (open.Remove(fd) && call.Contains("EINTR", StringComparison.Ordinal))
                {
                    interrupted.Add(fd);
                }
            }
        }

        interrupted.Should().NotBeEmpty("or nothing was interrupted");
    }

    [LinuxFact("strace")]
    public async Task Every_descriptor_is_closed_on_exec_from_its_first_moment_and_no_call_waits_or_raises_a_signal()
    {
        using var log = new StraceLog();
        await using (FaultServerProcess server = await FaultServerProcess.StartAsync(
            "epoll", "strace", "-f", "-qq", "-o", log.Path, "-e", "signal=none", "-e",
            "trace=socket,accept,accept4,epoll_create1,eventfd2,sendto,sendmsg,recvfrom"))
        {
            await TalkAsync(server);
        }

        log.Calls("socket", "accept", "accept4", "epoll_create1", "eventfd2").Should().HaveCountGreaterThan(Clients)
            .And.OnlyContain(static call => call.Contains("_CLOEXEC", StringComparison.Ordinal));
        log.Calls("sendto", "sendmsg").Should().HaveCountGreaterThanOrEqualTo(Clients)
            .And.OnlyContain(static call =>
                call.Contains("MSG_NOSIGNAL", StringComparison.Ordinal) && call.Contains("MSG_DONTWAIT", StringComparison.Ordinal));

        // Whoever shares the socket may have made it blocking: it must not block the loop.
        log.Calls("recvfrom").Should().HaveCountGreaterThanOrEqualTo(Clients)
            .And.OnlyContain(static call => call.Contains("MSG_DONTWAIT", StringComparison.Ordinal));
    }

    [LinuxFact("strace")]
    public async Task An_accepted_descriptor_is_taken_from_epoll_before_it_is_closed_and_closed_once()
    {
        using var log = new StraceLog();
        await using (FaultServerProcess server = await FaultServerProcess.StartAsync(
            "epoll", "strace", "-f", "-qq", "-o", log.Path, "-e", "signal=none", "-e", "trace=accept4,epoll_ctl,close"))
        {
            await TalkAsync(server);
        }

        // Per descriptor: what happened to it since it was accepted.
        var open = new Dictionary<string, string>();
        int closed = 0;
        foreach (string call in log.Calls())
        {
            if (Accepted().Match(call) is { Success: true } accept)
            {
                open[accept.Groups["fd"].Value] = "accepted";
            }
            else if (Control().Match(call) is { Success: true } control && open.ContainsKey(control.Groups["fd"].Value))
            {
                open[control.Groups["fd"].Value] = control.Groups["operation"].Value;
            }
            else if (Closed().Match(call) is { Success: true } close && open.Remove(close.Groups["fd"].Value, out string? last))
            {
                last.Should().BeOneOf("DEL", "accepted");
                closed += last == "DEL" ? 1 : 0;
            }

            call.Should().NotContain("EBADF", "it would have been closed twice");
        }

        closed.Should().BePositive();
    }

    [LinuxFact("strace")]
    public async Task A_loop_that_cannot_wait_for_events_any_more_ends_the_process_and_says_why()
    {
        using Script server = Script.Start(
            "strace", "-f", "-qq", "-o", "/dev/null", "-E", "SOCKETKIT_ENGINE=epoll", "-E", "DOTNET_DbgEnableMiniDump=0",
            "-e", $"trace={Waits}", "-e", $"inject={Waits}:error=EBADF:when=4+", FaultServerProcess.ProgramPath());
        int port = int.Parse((await server.LineAsync())["port ".Length..], CultureInfo.InvariantCulture);
        Task<string> dying = server.DeathAsync();

        // Whoever connects makes the loop wait once more.
        var remote = new IPEndPoint(IPAddress.Loopback, port);
        while (!dying.IsCompleted && TcpClient.TryConnect(remote, ClientOptions).Client is { } client)
        {
            using (client)
            {
                await FaultServerProcess.IsServedAsync(client);
            }
        }

        (await dying.Within()).Should().Contain("epoll_wait failed");
    }

    [LinuxTheory("strace")]
    [InlineData("0", false)]
    [InlineData("1000", true)]
    public async Task A_loop_polls_before_it_sleeps_if_it_was_told_to_and_not_otherwise(string busyPoll, bool polls)
    {
        // What was posted meanwhile is a reason to look without waiting, too, but not so often in a row.
        const int ManyInARow = 5;
        using var log = new StraceLog();
        await using (FaultServerProcess server = await FaultServerProcess.StartAsync(
            "epoll", "strace", "-f", "-qq", "-o", log.Path, "-E", $"BUSY_POLL={busyPoll}", "-e", "signal=none", "-e", $"trace={Waits}"))
        {
            await TalkAsync(server);
        }

        int most = 0;
        int row = 0;
        foreach (string call in log.Calls())
        {
            row = WaitForNothing().IsMatch(call) ? row + 1 : 0;
            most = Math.Max(most, row);
        }

        (most >= ManyInARow).Should().Be(polls, $"it looked {most} times in a row");
    }

    private async Task TalkAsync(FaultServerProcess server)
    {
        for (int i = 0; i < Clients; i++)
        {
            using TcpClient client = TcpClient.Connect(server.EndPoint, ClientOptions);
            (await FaultServerProcess.IsServedAsync(client)).Should().BeTrue($"client {i}");
        }
    }

    private static bool IsTraced(int process) =>
        ProcessThreads.All(process, static task => File.ReadLines(Path.Combine(task, "status"))
            .Any(static line =>
                line.StartsWith("TracerPid:", StringComparison.Ordinal) && !line.EndsWith("\t0", StringComparison.Ordinal)));

    [GeneratedRegex(@"^accept4.*= (?<fd>\d+)$")]
    private static partial Regex Accepted();

    /// <summary>With a time-out of zero; epoll_pwait(2) has the signals after it.</summary>
    [GeneratedRegex(@"^epoll_p?wait\(.*\d, 0(, NULL, 8)?\) += 0$")]
    private static partial Regex WaitForNothing();

    [GeneratedRegex(@"^close\((?<fd>\d+)\)")]
    private static partial Regex Closed();

    [GeneratedRegex(@"^epoll_ctl\(\d+, EPOLL_CTL_(?<operation>\w+), (?<fd>\d+)")]
    private static partial Regex Control();
}

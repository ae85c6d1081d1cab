using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

public abstract class UnixPathTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [LinuxFact]
    public void The_file_is_for_its_owner_only_and_goes_with_the_server()
    {
        UnixServer server = ListenUnix(PathOf());

        new FileInfo(PathOf()).UnixFileMode.Should().Be(OwnerOnly);
        server.Dispose();

        Directory.EnumerateFileSystemEntries(Folder).Should().BeEmpty();
    }

    [LinuxFact]
    public void The_mode_is_an_option_and_the_umask_takes_nothing_from_it()
    {
        const UnixFileMode Everybody =
            OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        using UnixServer server = ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, Mode = Everybody });

        new FileInfo(PathOf()).UnixFileMode.Should().Be(Everybody);
    }

    [LinuxFact]
    public void A_mode_with_more_than_permission_bits_is_refused()
    {
        Action listen = () => ListenUnix(PathOf(), new UnixServerOptions { Engine = Engine, Mode = UnixFileMode.SetUser | OwnerOnly });

        listen.Should().Throw<ArgumentOutOfRangeException>();
    }

    [LinuxFact]
    public async Task The_file_stays_for_a_duplicate_which_serves_those_who_come_by_it()
    {
        UnixServer server = ListenUnix(PathOf());
        var duplicate = new Socket(server.DuplicateHandle());
        server.Dispose();

        using (UnixServer next = UnixServer.FromSocket(duplicate))
        {
            using UnixClient client = ConnectUnix(PathOf());
            using UnixConnection accepted = await next.AcceptAsync().AsTask().Within();
        }

        File.Exists(PathOf()).Should().BeTrue();
        using UnixServer after = ListenUnix(PathOf());
    }

    [LinuxFact]
    public void A_stale_file_is_replaced()
    {
        LeaveStale(PathOf(), SocketType.Stream);

        using UnixServer server = ListenUnix(PathOf());
        using UnixClient client = ConnectUnix(PathOf());

        server.Accept().Dispose();
        new FileInfo(PathOf()).UnixFileMode.Should().Be(OwnerOnly);
        Directory.EnumerateFileSystemEntries(Folder).Should().Equal(PathOf());
    }

    [LinuxFact]
    public void A_stale_file_with_the_longest_path_is_replaced()
    {
        string path = PathOf(new string('d', 107 - Folder.Length - 1 - 2));
        Directory.CreateDirectory(path);
        path += "/s";
        path.Length.Should().Be(107);
        LeaveStale(path, SocketType.Stream);

        using UnixServer server = ListenUnix(path);

        ConnectUnix(path).Dispose();
    }

    [LinuxFact]
    public void A_live_server_is_not_replaced_and_not_disturbed()
    {
        using UnixServer server = ListenUnix(PathOf());

        Action listen = () => ListenUnix(PathOf());

        listen.Should().Throw<SocketException>().WithMessage($"listen on {PathOf()} failed: *lives at the path*")
            .Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        server.TryAccept(out _).Should().BeFalse("the look at the file must not be a connection");
        using UnixClient client = ConnectUnix(PathOf());
        server.Accept().Dispose();
        Directory.EnumerateFileSystemEntries(Folder).Should().Equal(PathOf());
    }

    [LinuxFact]
    public void Sockets_that_do_not_listen_are_alive_all_the_same()
    {
        foreach (SocketType type in new[] { SocketType.Stream, SocketType.Dgram, SocketType.Seqpacket })
        {
            string path = PathOf(type.ToString());
            using var bound = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
            bound.Bind(new UnixDomainSocketEndPoint(path));

            Action listen = () => ListenUnix(path);

            listen.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
            File.Exists(path).Should().BeTrue();
        }
    }

    [LinuxFact]
    public void Regular_files_directories_and_symbolic_links_are_refused_and_untouched()
    {
        string stale = PathOf("stale");
        LeaveStale(stale, SocketType.Stream);
        File.WriteAllText(PathOf("file"), "precious");
        Directory.CreateDirectory(PathOf("directory"));
        File.CreateSymbolicLink(PathOf("link"), stale);
        File.CreateSymbolicLink(PathOf("dangling"), PathOf("nothing"));
        string[] before = [.. Directory.EnumerateFileSystemEntries(Folder).Order()];

        Refused("file").Should().Contain("regular file");
        Refused("directory").Should().Contain("directory");
        Refused("link").Should().Contain("symbolic link");
        Refused("dangling").Should().Contain("symbolic link");

        Directory.EnumerateFileSystemEntries(Folder).Order().Should().Equal(before);
        File.ReadAllText(PathOf("file")).Should().Be("precious");
        File.ResolveLinkTarget(PathOf("link"), returnFinalTarget: false)!.FullName.Should().Be(stale);
    }

    [LinuxFact("chown", Root = true)]
    public async Task Another_users_stale_file_is_refused_and_untouched()
    {
        LeaveStale(PathOf(), SocketType.Stream);
        await Tool.RunAsync("chown", "65534", PathOf());

        Action listen = () => ListenUnix(PathOf());

        listen.Should().Throw<SocketException>().WithMessage("*user 65534*")
            .Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        File.Exists(PathOf()).Should().BeTrue();
    }

    [LinuxFact]
    public void A_taken_abstract_name_is_refused()
    {
        string name = AbstractName();
        using UnixServer server = ListenUnix(name);

        Action listen = () => ListenUnix(name);

        listen.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
    }

    [LinuxFact]
    public void Dispose_leaves_the_file_of_a_successor_alone()
    {
        UnixServer first = ListenUnix(PathOf());
        File.Delete(PathOf());
        using UnixServer second = ListenUnix(PathOf());

        first.Dispose();

        File.Exists(PathOf()).Should().BeTrue();
        using UnixClient client = ConnectUnix(PathOf());
        second.Accept().Dispose();
    }

    [LinuxFact]
    public void Dispose_leaves_a_regular_file_alone_that_took_the_place()
    {
        UnixServer server = ListenUnix(PathOf());
        File.Delete(PathOf());
        File.WriteAllText(PathOf(), "precious");

        server.Dispose();

        File.ReadAllText(PathOf()).Should().Be("precious");
    }

    [LinuxFact]
    public void Connections_outlive_the_directory_and_dispose_does_not_throw()
    {
        UnixServer server = ListenUnix(PathOf());
        using UnixClient client = ConnectUnix(PathOf());
        using UnixConnection accepted = server.Accept();
        Directory.Delete(Folder, recursive: true);

        client.Send("x"u8);

        accepted.Receive(new byte[1]).Should().Be(1);
        server.Invoking(static server => server.Dispose()).Should().NotThrow();
    }

    [LinuxFact]
    public void A_missing_directory_is_named()
    {
        Action listen = () => ListenUnix(PathOf("missing/s"));

        listen.Should().Throw<SocketException>().WithMessage($"listen on {PathOf("missing/s")} failed: its directory does not exist*")
            .Which.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
    }

    [LinuxFact]
    public void A_hook_that_throws_leaves_no_file()
    {
        Action listen = () => ListenUnix(
            PathOf(), new UnixServerOptions { Engine = Engine, Configure = static _ => throw new InvalidOperationException("no") });

        listen.Should().Throw<InvalidOperationException>().WithMessage("no");
        Directory.EnumerateFileSystemEntries(Folder).Should().BeEmpty();
    }

    [LinuxFact]
    public async Task Starters_in_a_race_for_a_stale_file_leave_one_server_that_can_be_reached()
    {
        for (int round = 0; round < 100; round++)
        {
            string path = PathOf($"r{round}");
            LeaveStale(path, SocketType.Stream);
            using var barrier = new Barrier(4);

            UnixServer?[] servers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Limits.OnThread(() =>
            {
                barrier.SignalAndWait();
                return TryListen(path);
            }))).Within();

            UnixServer winner = servers.Should().ContainSingle(static server => server != null).Subject!;
            using (UnixClient client = ConnectUnix(path))
            {
                winner.Accept().Dispose();
            }

            winner.Dispose();
            Directory.EnumerateFileSystemEntries(Folder).Should().BeEmpty();
        }
    }

    private UnixServer? TryListen(string path)
    {
        try
        {
            return ListenUnix(path);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            // Another one was faster.
            return null;
        }
    }

    private string Refused(string name)
    {
        SocketException exception = ((Action)(() => ListenUnix(PathOf(name)))).Should().Throw<SocketException>().Which;
        exception.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        return exception.Message;
    }

    /// <summary>What a server leaves that was killed: .NET deletes the file by its name, so it is renamed meanwhile.</summary>
    private static void LeaveStale(string path, SocketType type)
    {
        string elsewhere = Path.Combine(Path.GetDirectoryName(path)!, "~");
        using (var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(elsewhere));
            File.Move(elsewhere, path);
        }

        // A child that another test is starting may hold the socket until it has reached its exec. The kernel's list has the name of the
        // bind.
        SpinWait.SpinUntil(() => !File.ReadAllText("/proc/net/unix").Contains(elsewhere, StringComparison.Ordinal), Limits.Hang)
            .Should().BeTrue();

        File.Exists(path).Should().BeTrue();
    }
}

public sealed class UnixPathTests_Portable : UnixPathTests<PortableUnderTest>;

public sealed class UnixPathTests_Epoll : UnixPathTests<EpollUnderTest>;

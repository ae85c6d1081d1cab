using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>Real counterparts, both ways: python3 and socat, by path and by abstract name.</summary>
public abstract class UnixInteropTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string PythonServer =
        """
        import socket, sys
        s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1].replace("@", "\0")); s.listen(); print("ready")
        c, _ = s.accept()
        data = b""
        while chunk := c.recv(4096): data += chunk
        c.sendall(data.upper()); c.close()
        """;

    private const string PythonClient =
        """
        import socket, sys
        c = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1].replace("@", "\0"))
        c.sendall(b"from python"); c.shutdown(socket.SHUT_WR)
        print(c.recv(100).decode())
        """;

    [LinuxFact("python3")]
    public async Task A_client_talks_to_a_Python_server()
    {
        foreach (string name in new[] { PathOf(), AbstractName() })
        {
            using Script python = Script.Python(PythonServer, name.Replace('\0', '@'));
            (await python.LineAsync()).Should().Be("ready");

            await TalkAsync(name);

            await python.EndAsync();
        }
    }

    [LinuxFact("python3")]
    public async Task A_server_serves_a_Python_client()
    {
        foreach (string name in new[] { PathOf(), AbstractName() })
        {
            await using UnixServer server = ListenUnix(name);
            using Script python = Script.Python(PythonClient, name.Replace('\0', '@'));

            await AnswerAsync(server);

            (await python.LineAsync()).Should().Be("FROM PYTHON");
        }
    }

    [LinuxFact("socat")]
    public async Task A_client_talks_to_a_socat_server()
    {
        foreach (string name in new[] { PathOf(), AbstractName() })
        {
            using Script socat =
                Script.Start("socat", name[0] == '\0' ? $"ABSTRACT-LISTEN:{name[1..]}" : $"UNIX-LISTEN:{name}", "SYSTEM:tr a-z A-Z");
            await ListeningAsync(name);

            await TalkAsync(name);
        }
    }

    [LinuxFact("socat")]
    public async Task A_server_serves_a_socat_client()
    {
        foreach (string name in new[] { PathOf(), AbstractName() })
        {
            await using UnixServer server = ListenUnix(name);
            using Script socat = Script.Start("socat", "-", name[0] == '\0' ? $"ABSTRACT-CONNECT:{name[1..]}" : $"UNIX-CONNECT:{name}");
            await socat.Input.WriteAsync("from python");
            socat.Input.Close();

            await AnswerAsync(server);

            (await socat.EndAsync()).Should().Be("FROM PYTHON");
        }
    }

    private async Task TalkAsync(string name)
    {
        using UnixClient client = ConnectUnix(name);
        await client.SendAsync("from here").Within();
        client.ShutdownSend();
        (await client.ReadToEnd().Within()).Should().Equal("FROM HERE"u8.ToArray());
    }

    private static async Task AnswerAsync(UnixServer server)
    {
        using UnixConnection connection = await server.AcceptAsync().Within();
        (await connection.ReadToEnd().Within()).Should().Equal("from python"u8.ToArray());
        await connection.SendAsync("FROM PYTHON").Within();
    }

    /// <summary>Until the kernel lists a listening socket of that name: proc(5), net/unix, flag __SO_ACCEPTCON.</summary>
    private static async Task ListeningAsync(string name)
    {
        string shown = name.Replace('\0', '@');
        DateTime limit = DateTime.UtcNow + Limits.Hang;
        while (!Array.Exists(await File.ReadAllLinesAsync("/proc/net/unix"), line =>
            line.EndsWith(" " + shown, StringComparison.Ordinal) && line.Contains(" 00010000 ", StringComparison.Ordinal)))
        {
            DateTime.UtcNow.Should().BeBefore(limit);
            await Task.Yield();
        }
    }
}

public sealed class UnixInteropTests_Portable : UnixInteropTests<PortableUnderTest>;

public sealed class UnixInteropTests_Epoll : UnixInteropTests<EpollUnderTest>;

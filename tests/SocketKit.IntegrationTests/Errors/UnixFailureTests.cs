using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Errors;

/// <summary>One provocation of each kind of failure of Unix sockets: what it says is about paths, not about ports and routes.</summary>
public abstract class UnixFailureTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private UnixDatagramOptions DatagramOptions => new() { Engine = Engine };

    [LinuxFact]
    public async Task A_datagram_to_a_path_without_a_socket_says_so_in_every_shape()
    {
        using var sender = UnixDatagramEndpoint.Bind(PathOf("sender"), DatagramOptions);
        var missing = new UnixDomainSocketEndPoint(PathOf("missing"));
        string noFile = $"{PathOf("sender")} → {missing} failed: there is no file {missing} (AddressNotAvailable).";

        Of(Record.Exception(() => sender.SendTo("x"u8, missing)), SocketError.AddressNotAvailable, missing, noFile);
        Of(Record.Exception(() => sender.SendTo("x"u8, missing.Serialize())), SocketError.AddressNotAvailable, missing, noFile);
        Of(Record.Exception(() => sender.TrySendTo("x"u8, missing, out _)), SocketError.AddressNotAvailable, missing, noFile);
        Of(Record.Exception(() => sender.TrySendTo("x"u8, missing.Serialize(), out _)), SocketError.AddressNotAvailable, missing, noFile);
        Of(await Failure(sender.SendToAsync("x"u8.ToArray(), missing)), SocketError.AddressNotAvailable, missing, noFile);
        Of(await Failure(sender.SendToAsync("x"u8.ToArray(), missing.Serialize())), SocketError.AddressNotAvailable, missing, noFile);

        File.WriteAllText(PathOf("file"), string.Empty);
        var file = new UnixDomainSocketEndPoint(PathOf("file"));
        Of(Record.Exception(() => sender.SendTo("x"u8, file)), SocketError.ConnectionRefused, file, "not a socket");
        var nobody = new UnixDomainSocketEndPoint(AbstractName());
        Of(Record.Exception(() => sender.SendTo("x"u8, nobody)), SocketError.ConnectionRefused, nobody, "no socket has that name");

        void Of(Exception? failure, SocketError error, UnixDomainSocketEndPoint remote, string words)
        {
            SocketOperationException found = FailureCheck.Of(failure, "send", error, sender.LocalEndPoint, remote, words);
            found.Message.Should().NotContain("ephemeral").And.NotContain("on this machine").And.NotContain("next send");
        }
    }

    [LinuxFact]
    public async Task A_datagram_that_is_too_long_is_not_measured_by_the_limits_of_UDP()
    {
        (UnixDatagramEndpoint first, UnixDatagramEndpoint second) = UnixDatagramEndpoint.CreatePair(DatagramOptions);
        using var one = first;
        using var other = second;
        byte[] tooLong = new byte[16 * 1024 * 1024];

        Check(Record.Exception(() => first.Send(tooLong)));
        Check(Record.Exception(() => first.TrySend(tooLong, out _)));
        Check(await Failure(first.SendAsync(tooLong)));

        static void Check(Exception? failure) => FailureCheck.Of(failure, "send", SocketError.MessageSize, null, null, "SendBufferSize")
            .Message.Should().NotContain("UDP").And.NotContain("IPv");
    }

    [LinuxFact]
    public void A_listen_bind_or_connect_that_failed()
    {
        var taken = new UnixDomainSocketEndPoint(PathOf("file"));
        File.WriteAllText(PathOf("file"), string.Empty);
        var nowhere = new UnixDomainSocketEndPoint(PathOf("no/where"));

        Local(() => ListenUnix(PathOf("file")), "listen", SocketError.AddressAlreadyInUse, taken, "regular file");
        Local(
            () => UnixDatagramEndpoint.Bind(PathOf("file"), DatagramOptions),
            "bind",
            SocketError.AddressAlreadyInUse,
            taken,
            "regular file");
        Local(() => ListenUnix(PathOf("no/where")), "listen", SocketError.AddressNotAvailable, nowhere, "directory does not exist");
        Remote(() => ConnectUnix(PathOf("no/where")), nowhere);
        Remote(() => UnixDatagramEndpoint.Connect(PathOf("no/where"), DatagramOptions), nowhere);

        static void Local(Action call, string operation, SocketError error, UnixDomainSocketEndPoint local, string words) =>
            FailureCheck.Of(call, operation, error, local, null, words);

        static void Remote(Action call, UnixDomainSocketEndPoint remote)
        {
            SocketConnectException failure =
                FailureCheck.Of(call, "connect", SocketError.AddressNotAvailable, null, remote, $"there is no file {remote}")
                .Should().BeOfType<SocketConnectException>().Subject;
            failure.Attempts.Should().ContainSingle().Which.Error.Should().BeOfType<SocketOperationException>();
        }
    }

    [LinuxFact]
    public void More_handles_than_are_allowed()
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        using var one = first;
        using var other = second;
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(typeof(UnixFailureTests<>).Assembly.Location);
        second.MaxHandlesPerMessage = 1;
        first.SendHandles("x"u8, file, file);

        FailureCheck.Of(() => second.ReceiveHandles(new byte[1]), "receive", SocketError.MessageSize, null, null, "more than 1 handles");
    }

    private static Task<Exception?> Failure(ValueTask<int> call) => Expect.Failure(call.AsTask());
}

public sealed class UnixFailureTests_Portable : UnixFailureTests<PortableUnderTest>;

public sealed class UnixFailureTests_Epoll : UnixFailureTests<EpollUnderTest>;

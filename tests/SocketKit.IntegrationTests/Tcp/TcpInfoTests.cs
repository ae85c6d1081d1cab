using System.Net.NetworkInformation;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class TcpInfoTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public void Info_counts_what_was_sent_and_received()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] data = new byte[100_000];
        pair.Client.Send(data);
        pair.Accepted.ReceiveExactly(data);
        pair.Accepted.Send("reply"u8);
        pair.Client.ReceiveExactly(data.AsSpan(0, 5));

        TcpInfo client = pair.Client.GetInfo();
        TcpInfo accepted = pair.Accepted.GetInfo();

        client.State.Should().Be(TcpState.Established);
        client.BytesSent.Should().Be(100_000 + client.BytesRetransmitted);
        client.BytesAcknowledged
            .Should().BeInRange(99_000, 100_001, "the reply acknowledges what the peer had received; the SYN counts as one");
        client.BytesReceived.Should().Be(5);
        client.BytesNotSent.Should().Be(0);
        accepted.BytesReceived.Should().Be(100_000);
        client.RoundTripTime.Should().BePositive().And.BeLessThan(TimeSpan.FromSeconds(10));
        client.RoundTripTimeVariance.Should().BePositive();
        client.MinimumRoundTripTime.Should().BePositive().And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(10));
        client.RetransmissionTimeout.Should().BeGreaterThan(client.RoundTripTime);
        client.CongestionWindow.Should().BePositive();
        client.DeliveryRate.Should().BePositive();
        client.PathMtu.Should().Be(pair.Client.GetOption(SocketOption.PathMtu));
        client.SendSegmentSize.Should().BePositive().And.BeLessThan(client.PathMtu);
        client.ReceiveSegmentSize.Should().BePositive();
        client.Retransmits.Should().Be(0);
        client.Lost.Should().Be(0);
    }

    [LinuxFact]
    public void Info_shows_what_the_peer_does_not_take()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] data = new byte[1 << 20];
        while (pair.Client.TrySend(data, out _))
        {
            // Until the kernel takes no more.
        }

        pair.Client.GetInfo().BytesNotSent.Should().BePositive();
    }

    [LinuxFact]
    public void Info_shows_the_state_of_a_half_closed_connection()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[1];

        pair.Client.ShutdownSend();
        pair.Accepted.Receive(buffer).Should().Be(0);

        pair.Accepted.GetInfo().State.Should().Be(TcpState.CloseWait);
        pair.Client.GetInfo().State.Should().BeOneOf(TcpState.FinWait1, TcpState.FinWait2);
    }

    [Fact]
    public void Info_of_a_disposed_connection_is_gone()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Dispose();

        Action info = () => pair.Client.GetInfo();

        if (OperatingSystem.IsLinux())
        {
            info.Should().Throw<ObjectDisposedException>();
        }
        else
        {
            info.Should().Throw<PlatformNotSupportedException>();
        }
    }
}

public sealed class TcpInfoTests_Portable : TcpInfoTests<PortableUnderTest>;

public sealed class TcpInfoTests_Epoll : TcpInfoTests<EpollUnderTest>;

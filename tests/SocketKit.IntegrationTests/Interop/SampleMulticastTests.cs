using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The sample of groups as several programs: on loopback, where nothing leaves the machine.</summary>
public sealed class SampleMulticastTests
{
    private const string Port = "18127";

    /// <summary>8127 as /proc/net/udp shows it.</summary>
    private const string HexPort = ":1FBF";

    /// <summary>One that no other run of these tests uses: loopback is one network for all of them.</summary>
    private static readonly string s_group = new IPAddress(
        [239, (byte)(Environment.ProcessId >> 16), (byte)(Environment.ProcessId >> 8), (byte)Environment.ProcessId]).ToString();

    [LinuxFact]
    public async Task A_line_reaches_each_receiver_and_one_that_wants_another_sender_hears_nothing()
    {
        using ChildProcess first = ChildProcess.StartSample("UdpMulticast", "receive", s_group, Port, "-i", "lo", "-c", "2");
        using ChildProcess second = ChildProcess.StartSample(
            "UdpMulticast", "receive", s_group, Port, "-i", "lo", "-s", "127.0.0.1", "-c", "2");
        using ChildProcess deaf = ChildProcess.StartSample("UdpMulticast", "receive", s_group, Port, "-i", "lo", "-s", "192.0.2.1");
        foreach (ChildProcess receiver in new[] { first, second, deaf })
        {
            await receiver.LineWith($"joined {s_group} on lo");
        }

        using ChildProcess sender = ChildProcess.StartPython("talk_group.py", s_group, Port, "127.0.0.1", "hello", "你好");
        await sender.End();

        (await first.End()).Skip(1).Should().Equal("127.0.0.1: hello", "127.0.0.1: 你好");
        (await second.End()).Skip(1).Should().Equal("127.0.0.1: hello", "127.0.0.1: 你好");
        deaf.HasUnread.Should().BeFalse();
    }

    [NamespaceFact("ip link set lo up")]
    public async Task The_sender_sends_each_line_of_its_input_as_far_as_it_is_told()
    {
        const string Setup = "ip route add 239.0.0.0/8 dev lo";
        using ChildProcess run = ChildProcess.StartSampleWith(
            [
                .. NetProbe.Namespace(Setup), "sh", "-c",
                $"{Python.Program} \"$0\" {s_group} 8127 2 & until grep -q {HexPort} /proc/net/udp; do sleep 0.01; done; "
                    + "printf 'one\\ntwo\\n' | \"$@\"; wait",
                Path.Combine(AppContext.BaseDirectory, "Interop", "python", "join_group.py"),
            ],
            "UdpMulticast", "send", s_group, "8127", "-t", "7", "-i", "lo");

        (await run.End()).Should().Contain("ttl 7: one").And.Contain("ttl 7: two");
    }

    [LinuxFact]
    public async Task An_interface_that_is_not_there_is_one_line_and_status_1()
    {
        using ChildProcess run = ChildProcess.StartSample("UdpMulticast", "receive", s_group, "18129", "-i", "nosuch0");

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain("there is no interface 'nosuch0'");
    }
}

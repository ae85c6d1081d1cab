using System.Reflection;
using SocketKit.Sockets.Serving;

namespace SocketKit.Tests.Options;

/// <summary>What one kind of server can be told, the other kind can be told, too, by the same name and with the same default.</summary>
public sealed class ServerOptionsTests
{
    /// <summary>What means something for one address family only.</summary>
    private static readonly string[] s_ofTcp =
        ["ReuseAddress", "ReusePort", "DualMode", "MaxConnectionsPerAddress", "AddressFilter", "Tls"];

    private static readonly string[] s_ofUnix = ["Mode", "AllowedUserIds"];

    [Fact]
    public void The_option_classes_of_TCP_and_Unix_servers_are_twins()
    {
        IEnumerable<string> tcp = Shown(typeof(TcpServerOptions)).Except(Of(typeof(TcpServerOptions), s_ofTcp));
        IEnumerable<string> unix = Shown(typeof(UnixServerOptions)).Except(Of(typeof(UnixServerOptions), s_ofUnix));

        tcp.Should().Equal(unix);
        tcp.Should().Contain(
        [
            "DrainTimeout = 00:00:05", "FirstByteTimeout = 00:00:30", "IdleTimeout = -00:00:00.0010000", "MaxConnections = 10000",
            "SendStallTimeout = 00:00:30", "WhenFull = Reject",
        ]);
    }

    [Fact]
    public void Every_option_of_a_server_is_on_both_classes_or_means_nothing_on_one_of_them()
    {
        string[] members =
        [
            .. typeof(IServerOptions<TcpConnection>).GetProperties()
                .Concat(typeof(IHandlerOptions<TcpConnection>).GetProperties())
                .Select(static property => property.Name)
                .Except(["Clock"]),
        ];

        members.Except(typeof(TcpServerOptions).GetProperties().Select(static property => property.Name)).Should().BeEmpty();
        members.Except(typeof(UnixServerOptions).GetProperties().Select(static property => property.Name)).Should().BeSubsetOf(s_ofTcp);
    }

    private static IEnumerable<string> Of(Type type, string[] names) => Shown(type).Where(line => names.Contains(line.Split(' ')[0]));

    /// <summary>The options that the class itself declares, with their defaults.</summary>
    private static IEnumerable<string> Shown(Type type)
    {
        object options = Activator.CreateInstance(type)!;
        return
        [
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .OrderBy(static property => property.Name, StringComparer.Ordinal)
                .Select(property => $"{property.Name} = {property.GetValue(options)}"),
        ];
    }
}

using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Cases that several classes of tests have.</summary>
public static class TlsCases
{
    /// <summary>Both versions, in every shape.</summary>
    public static TheoryData<SslProtocols, CallShape> Shapes
    {
        get
        {
            var shapes = new TheoryData<SslProtocols, CallShape>();
            foreach (CallShape shape in Enum.GetValues<CallShape>())
            {
                shapes.Add(SslProtocols.Tls12, shape);
                shapes.Add(SslProtocols.Tls13, shape);
            }

            return shapes;
        }
    }

    /// <summary>Every way to connect, by name and by address.</summary>
    public static TheoryData<ConnectWay, bool> Ways
    {
        get
        {
            var ways = new TheoryData<ConnectWay, bool>();
            foreach (ConnectWay way in Enum.GetValues<ConnectWay>())
            {
                ways.Add(way, true);
                ways.Add(way, false);
            }

            return ways;
        }
    }
}

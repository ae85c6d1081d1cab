namespace SocketKit.IntegrationTests.Tls;

/// <summary>The ways to connect to a host by its name, and to an address.</summary>
public enum ConnectWay
{
    Connect,
    ConnectAsync,
    TryConnect,
    TryConnectAsync,
    KeepConnectedAsync,
}

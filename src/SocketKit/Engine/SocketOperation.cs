namespace SocketKit.Engine;

/// <summary>The operations that exception messages name.</summary>
internal enum SocketOperation
{
    Receive,
    Peek,
    Send,
    SendFile,
    Accept,
    Connect,
    Disconnect,
    Shutdown,
    Wait,
    Listen,
    Bind,
    Open,
}

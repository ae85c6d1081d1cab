namespace SocketKit.Engine;

/// <summary>The operations that messages name.</summary>
internal enum SocketOperation
{
    Receive,
    Peek,
    Send,
    SendFile,
    Accept,
    Connect,
    Shutdown,
    Wait,
    Listen,
    Bind,
    Open,
}

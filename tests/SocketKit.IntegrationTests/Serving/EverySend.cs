using Microsoft.Win32.SafeHandles;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Every way in which bytes are sent, over both transports.</summary>
public static class EverySend
{
    private const string Relay = "relay";
    private const int LengthBytes = 4;

    private static readonly string[] s_calls =
        ["blocking", "with a deadline", "async", "pair", "gathered", "file", "stream", "pipe", "message", "blocking message"];

    private static readonly string[] s_ofUnix = ["handles", "blocking handles"];

    public static TheoryData<string, string> Rows => Of([.. s_calls, Relay]);

    /// <summary>A relay ends only when the peer finishes, too.</summary>
    public static TheoryData<string, string> RowsThatEnd => Of(s_calls);

    /// <summary>Sends so many bytes.</summary>
    public static async Task SendAsync(StreamConnection connection, string how, int length)
    {
        byte[] data = new byte[length];
        switch (how)
        {
            case "blocking":
                await Limits.OnThread(() => connection.Send(data));
                break;
            case "with a deadline":
                connection.SendTimeout = TimeSpan.FromHours(1);
                await Limits.OnThread(() => connection.Send(data));
                break;
            case "async":
                await connection.SendAsync(data);
                break;
            case "pair":
                await connection.SendAsync(data.AsMemory(0, 1000), data.AsMemory(1000));
                break;
            case "gathered":
                await connection.SendAsync(Segments.Cut(data, 10_000));
                break;
            case "file":
                await SendFileAsync(connection, data);
                break;
            case "stream":
                await connection.GetStream(leaveOpen: true).WriteAsync(data);
                break;
            case "pipe":
                await connection.GetPipe().Output.WriteAsync(data);
                break;
            case "message":
                await MessagesOf(connection, length).SendAsync(data.AsMemory(LengthBytes));
                break;
            case "blocking message":
                await Limits.OnThread(() => MessagesOf(connection, length).Send(data.AsSpan(LengthBytes)));
                break;
            case "handles":
                await SendHandlesAsync(connection, (unix, handle) => unix.SendHandlesAsync(data, [handle]).AsTask());
                break;
            case "blocking handles":
                await SendHandlesAsync(connection, (unix, handle) => Limits.OnThread(() => unix.SendHandles(data, handle)));
                break;
            case Relay:
                await RelayAsync(connection, data);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(how), how, "It is not in the rows.");
        }
    }

    private static TheoryData<string, string> Of(string[] calls)
    {
        var rows = new TheoryData<string, string>();
        foreach (string transport in LimitedServer.Names)
        {
            foreach (string how in transport == LimitedServer.Unix ? [.. calls, .. s_ofUnix] : calls)
            {
                rows.Add(transport, how);
            }
        }

        return rows;
    }

    private static MessageChannel MessagesOf(StreamConnection connection, int length) =>
        connection.GetMessages(MessageFraming.LengthPrefix(LengthBytes), new MessageOptions { MaxMessageSize = length });

    private static async Task SendFileAsync(StreamConnection connection, byte[] data)
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, data);
            using SafeFileHandle file = File.OpenHandle(path);
            await connection.SendFileAsync(file);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task SendHandlesAsync(StreamConnection connection, Func<UnixConnection, SafeFileHandle, Task> send)
    {
        using SafeFileHandle handle = File.OpenHandle("/dev/null");
        await send((UnixConnection)connection, handle);
    }

    /// <summary>Forwards what another connection brings.</summary>
    private static async Task RelayAsync(StreamConnection connection, byte[] data)
    {
        (TcpConnection near, TcpConnection far) = TcpConnection.CreatePair(new TcpClientOptions { Engine = connection.Engine });
        Task sending = far.SendAsync(data).AsTask();
        try
        {
            await StreamConnection.RelayAsync(near, connection);
        }
        finally
        {
            near.Abort();
            far.Abort();

            // The relay has ended before it took everything.
            await Record.ExceptionAsync(() => sending);
        }
    }
}

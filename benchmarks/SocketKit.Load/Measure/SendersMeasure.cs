using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.Framing;

namespace SocketKit.Load;

/// <summary>
/// Many senders on one connection, each with one message at a time that it awaits. The other side is a plain socket and a thread of this
/// process, the same for all contestants.
/// </summary>
internal sealed class SendersMeasure(
    Func<ReadOnlyMemory<byte>, ValueTask> send, NumberedMessages messages, SenderCheck check, CancellationToken cancellationToken)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private long _sent;
    private volatile bool _ended;

    /// <returns>Whether every message arrived, whole and in order.</returns>
    public static bool Run(Arguments arguments, CancellationToken cancellationToken)
    {
        string by = arguments.OneOf("by", "messages", "connection", "raw");
        var options = new TcpClientOptions { Engine = arguments.StreamEngine, Dispatch = arguments.Dispatch };
        int senders = arguments.Integer("senders", 1, 4096, 64);
        var messages = new NumberedMessages(arguments.Integer("size", NumberedMessages.SmallestSize, 65536, 32));
        TimeSpan seconds = arguments.Seconds("seconds", 5);
        TimeSpan warmUp = arguments.Seconds("warmup", 1.5);
        arguments.RefuseOthers();

        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        (IDisposable connection, Func<ReadOnlyMemory<byte>, ValueTask> send) =
            Connect(by, (IPEndPoint)listener.LocalEndPoint!, options, messages.Size);
        using Socket peer = listener.Accept();
        var check = new SenderCheck(peer, messages, senders);
        string figures;
        using (connection)
        {
            figures = new SendersMeasure(send, messages, check, cancellationToken).Measure(senders, warmUp, seconds);
        }

        check.WaitForEnd(s_limit);
        Console.WriteLine($"senders by={by} senders={senders} size={messages.Size} {figures} errors={check.Errors}");
        return check.Errors == 0;
    }

    private static (IDisposable Connection, Func<ReadOnlyMemory<byte>, ValueTask> Send) Connect(
        string by, IPEndPoint server, TcpClientOptions options, int size)
    {
        if (by == "raw")
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(server);
            return (socket, message => SendAsync(socket, message));
        }

        TcpClient client = TcpClient.Connect(server, options);
        if (by == "connection")
        {
            return (client, message => client.SendAsync(message));
        }

        MessageChannel channel = client.GetMessages(MessageFraming.FixedSize(size));
        return (channel, message => channel.SendAsync(message));
    }

    private static async ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> message)
    {
        if (await socket.SendAsync(message, SocketFlags.None) != message.Length)
        {
            throw new MeasureException("a plain send was cut, and other senders may have come in between");
        }
    }

    /// <summary>On this thread, because the senders may need every thread of the pool.</summary>
    private string Measure(int senders, TimeSpan warmUp, TimeSpan seconds)
    {
        Task[] sending = [.. Enumerable.Range(0, senders).Select(sender => Task.Run(() => SendAsync(sender), cancellationToken))];
        Sleep(warmUp);
        long[] eachBefore = check.MessagesOfEach();
        long countBefore = check.Messages;
        var before = Usage.Now();
        Sleep(seconds);
        var after = Usage.Now();
        long count = check.Messages - countBefore;
        long fewest = check.MessagesOfEach().Zip(eachBefore, static (now, then) => now - then).Min();
        _ended = true;
        if (!Task.WaitAll(sending, s_limit))
        {
            throw new MeasureException("senders that were told to end still wait");
        }

        check.Expect(_sent);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"seconds={after.SecondsSince(before):F3} msgs_per_s={count / after.SecondsSince(before):F0} "
            + $"fewest_of_a_sender={fewest} allocated_per_msg={after.AllocatedSince(before) / Math.Max(1.0, count):F3}");
    }

    private void Sleep(TimeSpan time)
    {
        cancellationToken.WaitHandle.WaitOne(time);
        if (cancellationToken.IsCancellationRequested)
        {
            _ended = true;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task SendAsync(int sender)
    {
        byte[] message = new byte[messages.Size];
        long number = 0;
        try
        {
            for (; !_ended; number++)
            {
                messages.Write(message, sender, number, 0);
                await send(message);
            }
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException or MeasureException)
        {
            // The connection has failed, which is an error of the run.
            check.CountError(problem.Message);
        }

        Interlocked.Add(ref _sent, number);
    }
}

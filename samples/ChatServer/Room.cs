using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using SocketKit;
using SocketKit.Framing;

/// <summary>A chat of lines. The first line of a client is its name; every further one goes to all.</summary>
internal sealed class Room
{
    /// <summary>
    /// A name or a line is cut after so many characters. UTF-8 has at most 3 bytes for each, so the two together fit into a message.
    /// </summary>
    private const int Longest = 300;

    /// <summary>A reader that is this far behind is cut, so that it costs no more memory than this.</summary>
    private static readonly MessageOptions s_limits = new() { MaxMessageSize = 2_000, SendQueueLimit = 64 * 1024 };

    private readonly ConcurrentDictionary<string, MessageChannel> _members = new();

    /// <summary>The handler of one connection.</summary>
    public async Task HandleAsync(TcpConnection connection, CancellationToken ending)
    {
        MessageChannel lines = connection.GetMessages(MessageFraming.Lines, s_limits);
        if (await lines.ReceiveAsync(ending) is not { } first)
        {
            return;
        }

        string name = TextOf(first);
        if (!_members.TryAdd(name, lines))
        {
            await lines.SendAsync("* that name is taken", ending);
            return;
        }

        try
        {
            Tell($"* {name} is here");

            // Null: the client has finished, or the server stops.
            while (await lines.ReceiveAsync(ending) is { } line)
            {
                Tell($"{name}: {TextOf(line)}");
            }
        }
        catch (ObjectDisposedException)
        {
            // Tell has cut this member. That is no failure of the handler, which returns as it does for one who leaves.
        }
        finally
        {
            _members.TryRemove(name, out _);
            Tell($"* {name} has left");
        }
    }

    /// <summary>
    /// What a client sends need not be a line that this server can send: with the name in front it may be too long, and "hello" with two CR
    /// before the LF arrives with one of them.
    /// </summary>
    private static string TextOf(in ReadOnlySequence<byte> line)
    {
        string text = Encoding.UTF8.GetString(line);
        return text[..Math.Min(text.Length, Longest)].TrimEnd('\r');
    }

    /// <summary>To everybody. It never waits, so one who does not read holds up nobody.</summary>
    private void Tell(string text)
    {
        byte[] line = Encoding.UTF8.GetBytes(text);
        foreach ((string name, MessageChannel member) in _members)
        {
            try
            {
                if (!member.TrySend(line))
                {
                    Console.WriteLine($"[server] {name} does not read, and is cut");
                    member.Dispose();
                }
            }
            catch (Exception exception) when (exception is SocketOperationException or ObjectDisposedException)
            {
                // That member has gone, which its own handler notices.
            }
        }
    }
}

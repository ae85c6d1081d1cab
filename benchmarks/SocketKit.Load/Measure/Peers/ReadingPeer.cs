using System.Diagnostics;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>One connection that receives numbered messages, and never waits.</summary>
internal sealed class ReadingPeer
{
    private const int MessagesAtOnce = 8;

    private readonly Socket _socket;
    private readonly NumberedMessages _messages;
    private readonly MessageInput _input;

    public ReadingPeer(Socket socket, NumberedMessages messages)
    {
        (_socket, _messages) = (socket, messages);
        _socket.Blocking = false;
        _input = new MessageInput(messages.Size, MessagesAtOnce);
    }

    /// <summary>The number of the message that has to come next.</summary>
    public long Next { get; private set; }

    public bool HasEnded { get; private set; }

    /// <summary>Receives what is there. False: nothing was.</summary>
    public bool Receive(ReadingTally tally)
    {
        int received = _socket.Receive(_input.Free(), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        if (error != SocketError.Success || received == 0)
        {
            End(error, tally);
            return true;
        }

        long now = Stopwatch.GetTimestamp();
        ReadOnlySpan<byte> whole = _input.Add(received);
        for (int at = 0; at < whole.Length; at += _messages.Size)
        {
            if (!_messages.TryRead(whole.Slice(at, _messages.Size), out MessageHead head) || head.Number != Next)
            {
                tally.CountError($"Message {Next} is not what was sent: {head}.");
                HasEnded = true;
                return true;
            }

            Next++;
            tally.CountMessage(head, now);
        }

        return true;
    }

    private void End(SocketError error, ReadingTally tally)
    {
        HasEnded = true;
        if (error != SocketError.Success)
        {
            tally.CountError($"A connection that reads has ended with {error} before message {Next}.");
        }
        else if (!_input.IsBetweenMessages)
        {
            tally.CountError($"A connection has ended inside message {Next}.");
        }
    }
}

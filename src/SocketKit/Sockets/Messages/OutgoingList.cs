namespace SocketKit.Sockets.Messages;

/// <summary>Places in the send queue, linked in the order of the calls. An element is in one list at a time.</summary>
internal struct OutgoingList
{
    public OutgoingMessage? First { get; private set; }

    public OutgoingMessage? Last { get; private set; }

    public int Count { get; private set; }

    public void Add(OutgoingMessage message)
    {
        message.Previous = Last;
        message.Next = null;
        if (Last is { } last)
        {
            last.Next = message;
        }
        else
        {
            First = message;
        }

        Last = message;
        Count++;
    }

    public void AddFirst(OutgoingMessage message)
    {
        message.Previous = null;
        message.Next = First;
        if (First is { } first)
        {
            first.Previous = message;
        }
        else
        {
            Last = message;
        }

        First = message;
        Count++;
    }

    public void Remove(OutgoingMessage message)
    {
        if (message.Previous is { } previous)
        {
            previous.Next = message.Next;
        }
        else
        {
            First = message.Next;
        }

        if (message.Next is { } next)
        {
            next.Previous = message.Previous;
        }
        else
        {
            Last = message.Previous;
        }

        message.Next = null;
        message.Previous = null;
        Count--;
    }
}

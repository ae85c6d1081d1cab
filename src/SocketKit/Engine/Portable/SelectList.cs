using System.Collections;

namespace SocketKit.Engine.Portable;

/// <summary>
/// A list for Socket.Select, which removes what is not ready one by one. Each removal moves the last element into the gap, where it would
/// move all elements behind it otherwise. Select looks at an element again, or has looked at it already, whichever way it goes.
/// </summary>
internal sealed class SelectList : ArrayList
{
    public override void RemoveAt(int index)
    {
        int last = Count - 1;
        this[index] = this[last];
        base.RemoveAt(last);
    }
}

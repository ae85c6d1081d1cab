using System.Net;

namespace SocketKit.Sockets.Limits;

/// <summary>Counts the connections of each address. An address without connections has no entry.</summary>
/// <param name="limit">The maximum number of connections of one address.</param>
internal sealed class AddressTable(int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, int> _counts = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>Counts a connection. False if its address has reached the limit.</summary>
    public bool TryAdd(IPAddress address)
    {
        var key = new AddressKey(address);
        lock (_lock)
        {
            int count = _counts.GetValueOrDefault(key);
            if (count >= limit)
            {
                return false;
            }

            _counts[key] = count + 1;
            return true;
        }
    }

    /// <summary>A connection that was counted has ended.</summary>
    public void Remove(IPAddress address)
    {
        var key = new AddressKey(address);
        lock (_lock)
        {
            if (_counts[key] == 1)
            {
                _counts.Remove(key);
            }
            else
            {
                _counts[key]--;
            }
        }
    }
}

using SocketKit;

/// <summary>One player in the world: where it is, and how it is reached.</summary>
internal sealed class Player(TcpConnection connection)
{
    private readonly byte[] _position = new byte[2];

    public TcpConnection Connection => connection;

    /// <summary>X and Y, as they go over the wire.</summary>
    public ReadOnlySpan<byte> Position => _position;

    public void Move(byte direction)
    {
        switch (direction)
        {
            case (byte)'a':
                _position[0]--;
                break;
            case (byte)'d':
                _position[0]++;
                break;
            case (byte)'w':
                _position[1]--;
                break;
            case (byte)'s':
                _position[1]++;
                break;
        }
    }
}

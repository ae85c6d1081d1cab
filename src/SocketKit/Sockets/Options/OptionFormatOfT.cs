using System.Runtime.InteropServices;

namespace SocketKit.Sockets.Options;

/// <summary>
/// How a value of one type lies in the memory that getsockopt(2) and setsockopt(2) exchange, and which values are allowed.
/// </summary>
internal abstract class OptionFormat<T>
{
    /// <summary>
    /// Bytes that any value needs: the strings are interface and algorithm names, IFNAMSIZ and TCP_CA_NAME_MAX of the kernel.
    /// </summary>
    public const int MostBytes = 16;

    /// <summary>Refuses a value that no system call could carry.</summary>
    public abstract void Check(T value, string option, string parameter);

    /// <summary>Writes a checked value and says how long it is.</summary>
    public abstract int Write(T value, Span<byte> buffer);

    public abstract T Read(ReadOnlySpan<byte> value);

    protected static int ReadInt(ReadOnlySpan<byte> value) => value.Length switch
    {
        >= sizeof(int) => MemoryMarshal.Read<int>(value),
        0 => 0,
        // Some systems keep small options in one byte.
        _ => value[0],
    };

    protected static int WriteInt(int value, Span<byte> buffer)
    {
        MemoryMarshal.Write(buffer, value);
        return sizeof(int);
    }
}

using System.Runtime.InteropServices;

namespace SocketKit.Sockets.Options;

/// <summary>Converts values of one type to and from the memory layout of getsockopt(2) and setsockopt(2), and checks their range.</summary>
internal abstract class OptionFormat<T>
{
    /// <summary>
    /// The size of the largest value, in bytes: interface and algorithm names, IFNAMSIZ and TCP_CA_NAME_MAX of the kernel.
    /// </summary>
    public const int MostBytes = 16;

    /// <summary>Throws if the value is out of range.</summary>
    public abstract void Check(T value, string option, string parameter);

    /// <summary>Writes a checked value and returns its length in bytes.</summary>
    public abstract int Write(T value, Span<byte> buffer);

    public abstract T Read(ReadOnlySpan<byte> value);

    protected static int ReadInt(ReadOnlySpan<byte> value) => value.Length switch
    {
        >= sizeof(int) => MemoryMarshal.Read<int>(value),
        0 => 0,
        // Some systems return small options as one byte.
        _ => value[0],
    };

    protected static int WriteInt(int value, Span<byte> buffer)
    {
        MemoryMarshal.Write(buffer, value);
        return sizeof(int);
    }
}

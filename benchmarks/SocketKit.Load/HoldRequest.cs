using System.Buffers.Binary;

namespace SocketKit.Load;

/// <summary>What a client of the holding server asks a handler to do before it echoes: how, and for how many milliseconds.</summary>
internal static class HoldRequest
{
    public const int Length = 4;

    public const byte Echo = (byte)'e';
    public const byte Sleep = (byte)'s';
    public const byte Burn = (byte)'b';

    public static byte[] Make(byte kind, int milliseconds)
    {
        byte[] request = new byte[Length];
        request[0] = kind;
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(2), (ushort)milliseconds);
        return request;
    }

    public static TimeSpan TimeOf(ReadOnlySpan<byte> request) =>
        TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt16BigEndian(request[2..]));
}

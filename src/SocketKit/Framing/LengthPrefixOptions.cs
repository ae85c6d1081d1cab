namespace SocketKit.Framing;

/// <summary>
/// Where the length stands in a frame and what it counts. The parameters are those of the length-field decoders of Netty and DotNetty, and
/// the same parameters mean the same bytes. A frame has <see cref="Offset"/> + <see cref="Size"/> + length + <see cref="Adjustment"/>
/// bytes.
/// </summary>
/// <example>
/// <code>
/// // Two bytes of type, then a length of three bytes that counts the whole frame. Messages are received without both.
/// MessageFraming framing = MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = 2, Size = 3, Adjustment = -5 });
/// </code>
/// </example>
public sealed class LengthPrefixOptions
{
    /// <summary>The bytes of the length, which is an unsigned number.</summary>
    /// <value>4 by default. 1, 2, 3, 4 or 8.</value>
    public int Size { get; set; } = 4;

    /// <summary>Whether the lowest byte of the length comes first.</summary>
    /// <value>False by default: network order.</value>
    public bool LittleEndian { get; set; }

    /// <summary>The bytes of a frame before the length.</summary>
    /// <value>0 by default. With more, sending needs a <see cref="Strip"/> of 0.</value>
    public int Offset { get; set; }

    /// <summary>What is added to the length to get the number of bytes behind it.</summary>
    /// <value>
    /// 0 by default: the length counts what follows it. Negative: it counts more, for instance -4 if it counts its own four bytes.
    /// Positive: it counts less, for instance 2 if a checksum of two bytes follows that it does not count.
    /// </value>
    public int Adjustment { get; set; }

    /// <summary>The bytes at the front of a frame that are no part of the message.</summary>
    /// <value>
    /// Null by default: everything up to the end of the length. 0: the message is the whole frame, and when it is sent, the length within
    /// it is filled in.
    /// </value>
    public int? Strip { get; set; }

    internal void Validate()
    {
        Check(Size is 1 or 2 or 3 or 4 or 8, nameof(Size), Size, "1, 2, 3, 4 or 8.");
        Check(Offset is >= 0 and <= int.MaxValue - 8, nameof(Offset), Offset, "At least 0.");
        Check(Strip is null or >= 0, nameof(Strip), Strip, "At least 0, or null.");
    }

    private static void Check(bool isGood, string name, object? value, string rule)
    {
        if (!isGood)
        {
            throw new ArgumentOutOfRangeException(name, value, rule);
        }
    }
}

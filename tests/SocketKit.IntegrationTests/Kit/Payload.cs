namespace SocketKit.IntegrationTests.Kit;

/// <summary>Bytes in which every place is told from its neighbours.</summary>
public static class Payload
{
    /// <summary>More than the kernel takes on loopback while the peer does not read (about 4 MiB, and tuned upwards).</summary>
    public const int MoreThanKernelTakes = 16 * 1024 * 1024;

    public static byte[] Of(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) ^ (i >> 8) ^ (i >> 16));
        }

        return bytes;
    }
}

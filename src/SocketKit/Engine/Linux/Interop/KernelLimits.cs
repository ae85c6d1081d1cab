namespace SocketKit.Engine.Linux.Interop;

/// <summary>What the kernel takes in one call.</summary>
internal static class KernelLimits
{
    /// <summary>IOV_MAX (bits/uio_lim.h): buffers.</summary>
    public const int Segments = 1024;

    /// <summary>SCM_MAX_FD of the kernel (net/scm.h): descriptors of one message.</summary>
    public const int Handles = 253;
}

namespace SocketKit.Engine.Linux.Interop;

/// <summary>Limits of the kernel for one call.</summary>
internal static class KernelLimits
{
    /// <summary>IOV_MAX (bits/uio_lim.h): the most buffers.</summary>
    public const int Segments = 1024;

    /// <summary>SCM_MAX_FD of the kernel (net/scm.h): the most descriptors of one message.</summary>
    public const int Handles = 253;
}

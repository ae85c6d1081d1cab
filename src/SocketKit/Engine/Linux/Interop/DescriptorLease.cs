using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>Keeps a descriptor from being closed, and its number from being reused, during a call.</summary>
/// <exception cref="ObjectDisposedException">The handle is closed already.</exception>
internal readonly ref struct DescriptorLease
{
    private readonly SafeHandle _handle;

    public DescriptorLease(SafeHandle handle)
    {
        bool referenced = false;
        handle.DangerousAddRef(ref referenced);
        _handle = handle;
    }

    public int Descriptor => (int)_handle.DangerousGetHandle();

    public void Dispose() => _handle.DangerousRelease();
}

using System.Runtime.InteropServices;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Tests.Linux;

/// <summary>The layouts in Interop are those of 64-bit little-endian Linux on two architectures, and are used nowhere else.</summary>
public sealed class NativeLayoutTests
{
    [Theory]
    [InlineData(Architecture.X64, 8, true, true)]
    [InlineData(Architecture.Arm64, 8, true, true)]
    [InlineData(Architecture.X64, 4, true, false)]
    [InlineData(Architecture.Arm64, 8, false, false)]
    [InlineData(Architecture.X86, 4, true, false)]
    [InlineData(Architecture.Arm, 4, true, false)]
    [InlineData(Architecture.S390x, 8, false, false)]
    [InlineData(Architecture.RiscV64, 8, true, false)]
    public void Only_two_architectures_are_known(Architecture architecture, int pointerBytes, bool isLittleEndian, bool known)
    {
        NativeLayout.IsKnownOn(architecture, pointerBytes, isLittleEndian).Should().Be(known);
    }
}

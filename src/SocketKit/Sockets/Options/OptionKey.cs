using System.Runtime.InteropServices;

namespace SocketKit.Sockets.Options;

/// <summary>
/// One row of <see cref="OptionTable"/>: the kernel's name of an option, and its level and number on each system that has it.
/// </summary>
internal sealed class OptionKey(
    string name, (int Level, int Number)? linux, (int Level, int Number)? macOS = null, (int Level, int Number)? windows = null)
{
    /// <summary>The name in the Linux headers, which messages show.</summary>
    public string Name { get; } = name;

    public (int Level, int Number)? Linux { get; } = linux;

    /// <summary>Level and number on the running system; null if it lacks the option.</summary>
    public (int Level, int Number)? Here { get; } =
        OperatingSystem.IsLinux() || OperatingSystem.IsAndroid() ? linux
        : OperatingSystem.IsMacOS() || OperatingSystem.IsIOS() || OperatingSystem.IsTvOS() || OperatingSystem.IsMacCatalyst() ? macOS
        : OperatingSystem.IsWindows() ? windows
        : null;

    /// <summary>Level and number on the running system.</summary>
    /// <exception cref="PlatformNotSupportedException">The system lacks the option.</exception>
    public (int Level, int Number) HereOrThrow() =>
        Here
        ?? throw new PlatformNotSupportedException(
            $"This operating system ({RuntimeInformation.OSDescription}) has no socket option {Name}.");
}

using System.Runtime.CompilerServices;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Where the sources lie that this test was built from.</summary>
public static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}

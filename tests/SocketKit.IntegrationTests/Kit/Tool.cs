using System.Diagnostics;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Runs a program to its end and gives what it printed; a program that fails fails the test.</summary>
public static class Tool
{
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().Within();
        process.ExitCode.Should().Be(0, "{0} {1} printed: {2}", program, string.Join(' ', arguments), await errors.Within());
        return await output.Within();
    }
}

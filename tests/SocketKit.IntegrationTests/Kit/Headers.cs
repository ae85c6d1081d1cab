using System.Globalization;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>What expressions are worth under the C headers of this system; needs gcc.</summary>
public static class Headers
{
    public static async Task<IReadOnlyList<long>> EvaluateAsync(IEnumerable<string> headers, IEnumerable<string> expressions)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sk");
        try
        {
            string source = Path.Combine(folder.FullName, "layout.c");
            string program = Path.Combine(folder.FullName, "layout");
            string includes = string.Concat(headers.Select(static header => $"#include <{header}>\n"));
            string prints = string.Concat(expressions.Select(static expression => $"  printf(\"%lld\\n\", (long long)({expression}));\n"));
            await File.WriteAllTextAsync(
                source,
                $"#define _GNU_SOURCE\n#include <stdio.h>\n#include <stddef.h>\n{includes}int main(void) {{\n{prints}  return 0;\n}}\n");
            await Tool.RunAsync("gcc", "-o", program, source);

            string[] lines = (await Tool.RunAsync(program)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return [.. lines.Select(static line => long.Parse(line, CultureInfo.InvariantCulture))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

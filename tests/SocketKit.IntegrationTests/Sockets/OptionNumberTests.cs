using System.Globalization;
using System.Reflection;
using System.Text;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Sockets.Options;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>The Linux column of the option table against what the system's own headers and python3 say.</summary>
public sealed class OptionNumberTests
{
    private static readonly IReadOnlyList<OptionKey> s_keys =
    [
        .. typeof(OptionTable).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Select(static row => (OptionKey)row.GetValue(null)!),
    ];

    [Fact]
    public void Every_row_of_the_table_has_a_name_of_its_own_and_a_number_on_Linux()
    {
        s_keys.Should().HaveCountGreaterThan(30).And.OnlyHaveUniqueItems(static key => key.Name);
        s_keys.Should().OnlyContain(static key => key.Linux != null);
    }

    [LinuxFact("gcc")]
    public async Task The_numbers_are_those_of_the_kernel_headers()
    {
        Dictionary<string, int> header = await CompileAndRunAsync([.. s_keys.Select(static key => key.Name), "SOL_SOCKET"]);

        header.Keys.Should().Contain("SO_REUSEADDR", "the program must have seen the headers");
        Compare(header).Should().BeGreaterThan(30);
        header["SOL_SOCKET"].Should().Be(OptionTable.Mark.Linux!.Value.Level);
    }

    [LinuxFact("python3")]
    public async Task The_numbers_are_those_of_python()
    {
        string output = await Tool.RunAsync(
            Python.Program, "-c",
            "import socket\nfor name, value in vars(socket).items():\n  if isinstance(value, int): print(name, int(value))");

        Compare(Parse(output)).Should().BeGreaterThan(20);
    }

    [LinuxFact("gcc")]
    public async Task The_layout_of_tcp_info_is_that_of_the_kernel_headers()
    {
        string[] fields =
        [
            "tcpi_state", "tcpi_retransmits", "tcpi_rto", "tcpi_snd_mss", "tcpi_rcv_mss", "tcpi_unacked", "tcpi_lost", "tcpi_retrans",
            "tcpi_last_data_sent", "tcpi_last_data_recv", "tcpi_pmtu", "tcpi_rtt", "tcpi_rttvar", "tcpi_snd_cwnd", "tcpi_total_retrans",
            "tcpi_bytes_acked", "tcpi_bytes_received", "tcpi_notsent_bytes", "tcpi_min_rtt", "tcpi_delivery_rate", "tcpi_bytes_sent",
            "tcpi_bytes_retrans",
        ];
        var program = new StringBuilder("#include <stdio.h>\n#include <stddef.h>\n#include <linux/tcp.h>\nint main(void) {\n");
        foreach (string field in fields)
        {
            program.AppendLine(CultureInfo.InvariantCulture, $"printf(\"{field} %d\\n\", (int)offsetof(struct tcp_info, {field}));");
        }

        Dictionary<string, int> header = await CompileAndRunAsync(program.Append("return 0; }\n").ToString());

        int[] used = [0, 2, 8, 16, 20, 24, 32, 36, 44, 52, 60, 68, 72, 80, 100, 120, 128, 144, 148, 160, 200, 208];
        fields.Select(field => header[field]).Should().Equal(used);
    }

    /// <summary>How many rows were found and compared.</summary>
    private static int Compare(Dictionary<string, int> expected)
    {
        int compared = 0;
        foreach (OptionKey key in s_keys)
        {
            if (expected.TryGetValue(key.Name, out int number))
            {
                key.Linux!.Value.Should().Be((LevelOf(key.Name), number), "that is {0} here", key.Name);
                compared++;
            }
        }

        return compared;
    }

    private static int LevelOf(string name) => name.Split('_')[0] switch
    {
        "SO" => 1,
        "TCP" => 6,
        "IP" => 0,
        "IPV6" => 41,
        _ => throw new ArgumentException($"{name} belongs to no level that is known here."),
    };

    private static Task<Dictionary<string, int>> CompileAndRunAsync(string[] names)
    {
        // Kernel headers only: with those of the C library beside them linux/in6.h leaves names out.
        var program = new StringBuilder(
            "#include <asm/socket.h>\n#include <linux/tcp.h>\n#include <linux/in.h>\n#include <linux/in6.h>\n"
            + "int printf(const char *, ...);\nint main(void) {\n");
        foreach (string name in names)
        {
            program.AppendLine(CultureInfo.InvariantCulture, $"#ifdef {name}\nprintf(\"{name} %d\\n\", (int){name});\n#endif");
        }

        return CompileAndRunAsync(program.Append("return 0; }\n").ToString());
    }

    private static async Task<Dictionary<string, int>> CompileAndRunAsync(string program)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("socketkit-numbers-");
        try
        {
            string source = Path.Combine(folder.FullName, "numbers.c");
            string binary = Path.Combine(folder.FullName, "numbers");
            await File.WriteAllTextAsync(source, program).Within();
            await Tool.RunAsync("gcc", "-o", binary, source);
            return Parse(await Tool.RunAsync(binary));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Dictionary<string, int> Parse(string output)
    {
        var values = new Dictionary<string, int>();
        foreach (string line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ');
            if (int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value))
            {
                values[parts[0]] = value;
            }
        }

        return values;
    }
}

using System.Globalization;

/// <summary>
/// The samples speak Chinese, as the tutorial does. Where the system's language is another one, the English follows in brackets.
/// SOCKETKIT_LANG=zh (only Chinese) and SOCKETKIT_LANG=en (both) override that.
/// </summary>
internal static class Bilingual
{
    private static readonly bool s_english = Environment.GetEnvironmentVariable("SOCKETKIT_LANG") switch
    {
        "zh" => false,
        "en" => true,
        _ => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName != "zh",
    };

    public static string Text(string chinese, string english) => s_english ? $"{chinese} ({english})" : chinese;

    public static void WriteLine(string chinese, string english) => Console.WriteLine(Text(chinese, english));
}

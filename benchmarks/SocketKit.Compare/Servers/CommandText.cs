using System.Text;

namespace SocketKit.Compare;

/// <summary>Splits a command as a shell does: at spaces, except between quotation marks.</summary>
internal static class CommandText
{
    /// <exception cref="FormatException">A quotation mark is not closed.</exception>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        char quote = '\0';
        foreach (char c in text)
        {
            if (quote != '\0')
            {
                if (c == quote)
                {
                    quote = '\0';
                }
                else
                {
                    word!.Append(c);
                }
            }
            else if (c is '"' or '\'')
            {
                quote = c;
                word ??= new StringBuilder();
            }
            else if (c != ' ')
            {
                (word ??= new StringBuilder()).Append(c);
            }
            else if (word is not null)
            {
                words.Add(word.ToString());
                word = null;
            }
        }

        if (quote != '\0')
        {
            throw new FormatException($"{text}: a quotation mark is not closed.");
        }

        if (word is not null)
        {
            words.Add(word.ToString());
        }

        return words;
    }
}

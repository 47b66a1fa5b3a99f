namespace Inference.Training.Features;

/// <summary>Splits text as the encoder "hashed_tokens" does: lower-case words of [a-z0-9].</summary>
internal static class Words
{
    public static void Split(string text, List<string> words)
    {
        Span<char> word = text.Length <= 256 ? stackalloc char[text.Length] : new char[text.Length];
        int length = 0;
        foreach (char original in text)
        {
            char c = char.ToLowerInvariant(original);
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                word[length++] = c;
            }
            else if (length > 0)
            {
                words.Add(new string(word[..length]));
                length = 0;
            }
        }

        if (length > 0)
            words.Add(new string(word[..length]));
    }
}

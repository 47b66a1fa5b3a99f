using System.Globalization;

namespace Inference.Training.Fused;

/// <summary>Names of the sources of context features: they become names of files, which columns of users need not be fit for.</summary>
internal static class ContextNames
{
    private const string Prefix = "context_";

    /// <summary>Longest name of a source.</summary>
    private const int MostCharacters = 64;

    /// <summary>"context_" and the feature where that is 1 to 64 letters, digits, '.', '_' and '-'; otherwise what is left of it with '_' for what is none of these, and a number where another feature has that name.</summary>
    /// <param name="features">Names of the features; no name twice.</param>
    public static string[] Of(IReadOnlyList<string> features)
    {
        string[] names = [.. features.Select(feature => Prefix + feature)];
        HashSet<string> taken = [.. names.Where(IsFit)];
        for (int i = 0; i < names.Length; i++)
        {
            if (!IsFit(names[i]))
                names[i] = Fitted(names[i], taken);
        }

        return names;
    }

    private static bool IsFit(string name) => name.Length <= MostCharacters && name.All(IsFit);

    private static bool IsFit(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-';

    private static string Fitted(string name, HashSet<string> taken)
    {
        string fit = string.Concat(name.Select(letter => IsFit(letter) ? letter : '_'));
        for (int number = 1; ; number++)
        {
            string end = number == 1 ? "" : "_" + number.ToString(CultureInfo.InvariantCulture);
            string tried = fit[..Math.Min(fit.Length, MostCharacters - end.Length)] + end;
            if (taken.Add(tried))
                return tried;
        }
    }
}

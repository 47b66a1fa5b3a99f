namespace Fuzz.Engine;

/// <summary>Makes an input smaller as long as the same thing goes wrong with it: takes away ever smaller pieces, then makes what is left plain.</summary>
internal static class Minimiser
{
    /// <param name="input">The input.</param>
    /// <param name="isSame">Whether an input fails in the same way.</param>
    /// <param name="mostTries">Inputs that are tried at most.</param>
    public static byte[] Run(byte[] input, Func<byte[], bool> isSame, int mostTries)
    {
        byte[] smallest = input;
        for (int piece = Math.Max(1, input.Length / 2); mostTries > 0; piece /= 2)
        {
            for (int at = 0; at < smallest.Length && mostTries > 0;)
            {
                byte[] without = [.. smallest.AsSpan(0, at), .. smallest.AsSpan(Math.Min(smallest.Length, at + piece))];
                mostTries--;
                if (isSame(without))
                    smallest = without;
                else
                    at += piece;
            }

            if (piece == 1)
                break;
        }

        return smallest;
    }
}

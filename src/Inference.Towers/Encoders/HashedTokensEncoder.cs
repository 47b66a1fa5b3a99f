using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Writes the hashed words of a text, padded; or finished token ids.</summary>
internal sealed class HashedTokensEncoder<T>(string feature, uint buckets, long firstId, T pad, PrefixTokenSpec? prefix) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination)
    {
        destination.Fill(pad);
        row.Features.TryGet(feature, out FeatureValue value);
        if (value.Kind == FeatureKind.IntegerList)
        {
            WriteFinished(value.IntegerList, destination);
            return;
        }

        int written = 0;
        if (prefix is not null && row.ItemId is { } id)
        {
            uint hash = Fnv1a.Add(Fnv1a.Start, prefix.Text);
            Write(Fnv1a.Add(hash, id.AsSpan(0, Math.Min(id.Length, prefix.ItemIdCharacters!.Value))), destination, ref written);
        }

        if (value.Kind == FeatureKind.Text)
        {
            Write(value.Text, destination, ref written);
        }
        else if (value.Kind == FeatureKind.TextList)
        {
            for (int i = 0; i < value.TextList.Count && written < destination.Length; i++)
                Write(value.TextList[i], destination, ref written);
        }
    }

    /// <summary>Ids that no hash can give stay padding: the model's table ends there.</summary>
    private void WriteFinished(IReadOnlyList<long> ids, Span<T> destination)
    {
        for (int i = 0; i < Math.Min(ids.Count, destination.Length); i++)
        {
            if (ids[i] >= firstId && ids[i] - firstId < buckets)
                destination[i] = Element.Of<T>(ids[i]);
        }
    }

    /// <summary>Splits a text into words and hashes them on the way: a word's bytes are ASCII, so no text is cut out.</summary>
    private void Write(ReadOnlySpan<char> text, Span<T> destination, ref int written)
    {
        uint hash = Fnv1a.Start;
        bool inWord = false;
        foreach (char original in text)
        {
            char c = char.ToLowerInvariant(original);
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                hash = Fnv1a.Add(hash, (byte)c);
                inWord = true;
            }
            else if (inWord)
            {
                Write(hash, destination, ref written);
                if (written == destination.Length)
                    return;
                hash = Fnv1a.Start;
                inWord = false;
            }
        }

        if (inWord)
            Write(hash, destination, ref written);
    }

    private void Write(uint hash, Span<T> destination, ref int written)
    {
        if (written < destination.Length)
            destination[written++] = Element.Of<T>(firstId + hash % buckets);
    }
}

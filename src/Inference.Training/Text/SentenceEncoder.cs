using Inference.Towers.Text;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Text;

/// <summary>
/// A sentence encoder that was exported to ONNX: model.onnx, and the files of its tokenizer beside it. Inputs are input_ids and attention_mask, and token_type_ids where the model has it, all int64 [batch, tokens]. A vector is the
/// output [batch, width] where there is one, otherwise, and where that is "pooler_output" alone, the mean of the output [batch, tokens, width] over the mask.
/// </summary>
public sealed class SentenceEncoder : IDisposable
{
    private const int Batch = 16;
    private const int MostTokens = 256;

    private readonly SentenceModel _model;
    private readonly TextTokenizer _tokenizer;
    private readonly int _longest;

    private SentenceEncoder(SentenceModel model, TextTokenizer tokenizer, int longest) => (_model, _tokenizer, _longest) = (model, tokenizer, longest);

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">model.onnx, and vocab.txt or vocab.json with merges.txt; tokenizer_config.json is heeded where it is there.</param>
    /// <param name="logger">Receives what the runtime has to say.</param>
    /// <exception cref="InvalidDataException">Something is missing, or the model has inputs that nobody can fill.</exception>
    public static SentenceEncoder Open(string folder, ILogger logger)
    {
        string model = Path.Combine(folder, "model.onnx");
        if (!File.Exists(model))
            throw new InvalidDataException($"There is no '{model}'.");
        TextTokenizer tokenizer = TextTokenizer.Open(folder);
        int longest = Math.Min(MostTokens, TextTokenizer.LongestOf(folder) ?? MostTokens);
        return new SentenceEncoder(SentenceModel.Open(model, logger), tokenizer, longest);
    }

    /// <summary>Vectors of texts, in their order; all of one width.</summary>
    /// <exception cref="InvalidDataException">The model fails, or gives numbers that are not finite.</exception>
    public IReadOnlyList<float[]> Encode(IReadOnlyList<string> texts, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        long[][] tokens = [.. texts.Select(text => _tokenizer.Encode(text, _longest))];
        // Texts of one length side by side, so that there is little padding.
        int[] order = [.. Enumerable.Range(0, tokens.Length).OrderBy(i => tokens[i].Length).ThenBy(i => i)];
        float[][] vectors = new float[tokens.Length][];
        for (int first = 0; first < order.Length; first += Batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] rows = order[first..Math.Min(order.Length, first + Batch)];
            float[][] found = _model.Run([.. rows.Select(row => tokens[row])]);
            for (int i = 0; i < rows.Length; i++)
                vectors[rows[i]] = found[i];
            progress?.Report((first + rows.Length) / (double)order.Length);
        }

        return vectors;
    }

    public void Dispose() => _model.Dispose();
}

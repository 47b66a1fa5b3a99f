using System.Numerics.Tensors;
using Inference.Towers.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Training.Text;

/// <summary>
/// A sentence encoder that was exported to ONNX: model.onnx, and the files of its tokenizer beside it. Inputs are input_ids and attention_mask, and token_type_ids where the model has it, all int64 [batch, tokens]. A vector is the
/// output [batch, width] where there is one, otherwise the mean of the output [batch, tokens, width] over the mask.
/// </summary>
public sealed class SentenceEncoder : IDisposable
{
    private const string Ids = "input_ids", Mask = "attention_mask", Types = "token_type_ids";
    private const int Batch = 16;
    private const int MostTokens = 256;

    private readonly InferenceSession _session;
    private readonly TextTokenizer _tokenizer;
    private readonly int _longest;
    private readonly string _output;

    private SentenceEncoder(InferenceSession session, TextTokenizer tokenizer, int longest)
    {
        (_session, _tokenizer, _longest) = (session, tokenizer, longest);
        _output = session.OutputMetadata.Where(output => output.Value.Dimensions.Length == 2).Select(output => output.Key).FirstOrDefault()
            ?? session.OutputMetadata.Where(output => output.Value.Dimensions.Length == 3).Select(output => output.Key).FirstOrDefault()
            ?? throw new InvalidDataException("The text encoder has no output of two or three dimensions.");
    }

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
        InferenceSession session;
        try
        {
            using SessionOptions options = OnnxEnvironment.NewSessionOptions(0, logger);
            session = new InferenceSession(model, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"'{model}' cannot be opened: {e.Message}", e);
        }

        try
        {
            string[] strange = [.. session.InputMetadata.Keys.Except([Ids, Mask, Types])];
            if (strange.Length > 0 || !session.InputMetadata.ContainsKey(Ids) || session.InputMetadata.Values.Any(input => input.ElementType != typeof(long)))
                throw new InvalidDataException($"'{model}' has the inputs {string.Join(", ", session.InputMetadata.Keys)}; a text encoder has {Ids}, {Mask} and maybe {Types}, all int64.");
            return new SentenceEncoder(session, tokenizer, Math.Min(MostTokens, TextTokenizer.LongestOf(folder) ?? MostTokens));
        }
        catch
        {
            session.Dispose();
            throw;
        }
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
            Encode(rows, tokens, vectors);
            progress?.Report((first + rows.Length) / (double)order.Length);
        }

        return vectors;
    }

    public void Dispose() => _session.Dispose();

    private void Encode(int[] rows, long[][] tokens, float[][] vectors)
    {
        int length = Math.Max(1, rows.Max(row => tokens[row].Length));
        long[] ids = new long[rows.Length * length], mask = new long[ids.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            tokens[rows[i]].CopyTo(ids, i * length);
            Array.Fill(mask, 1, i * length, tokens[rows[i]].Length);
        }

        long[] shape = [rows.Length, length];
        string[] names = [.. ((string[])[Ids, Mask, Types]).Where(_session.InputMetadata.ContainsKey)];
        OrtValue[] inputs = [.. names.Select(name => OrtValue.CreateTensorValueFromMemory(name == Ids ? ids : name == Mask ? mask : new long[ids.Length], shape))];
        try
        {
            using var run = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, names, inputs, [_output]);
            ReadOnlySpan<float> answer = outputs[0].GetTensorDataAsSpan<float>();
            bool isPooled = _session.OutputMetadata[_output].Dimensions.Length == 2;
            int width = answer.Length / (rows.Length * (isPooled ? 1 : length));
            for (int i = 0; i < rows.Length; i++)
                vectors[rows[i]] = isPooled ? answer.Slice(i * width, width).ToArray() : Mean(answer.Slice(i * length * width, length * width), width, mask.AsSpan(i * length, length));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"The text encoder failed: {e.Message}", e);
        }
        finally
        {
            foreach (OrtValue input in inputs)
                input.Dispose();
        }

        if (rows.Any(row => !vectors[row].All(float.IsFinite)))
            throw new InvalidDataException("The text encoder gave numbers that are not finite.");
    }

    private static float[] Mean(ReadOnlySpan<float> places, int width, ReadOnlySpan<long> mask)
    {
        int count = 0;
        float[] mean = new float[width];
        for (int place = 0; place < mask.Length; place++)
        {
            if (mask[place] == 0)
                continue;
            TensorPrimitives.Add(mean, places.Slice(place * width, width), mean);
            count++;
        }

        TensorPrimitives.Divide(mean, Math.Max(1, count), mean);
        return mean;
    }
}

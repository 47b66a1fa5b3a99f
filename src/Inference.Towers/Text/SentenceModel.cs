using System.Numerics.Tensors;
using Inference.Towers.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Text;

/// <summary>
/// The graph of a sentence encoder: token ids in, one vector per text out. Inputs are input_ids and attention_mask, and token_type_ids where the model has it, all int64 [batch, tokens]. A vector is the
/// output [batch, width] where there is one, otherwise, and where that is "pooler_output" alone, the mean of the output [batch, tokens, width] over the mask. For one caller at a time.
/// </summary>
public sealed class SentenceModel : IDisposable
{
    /// <summary>The output of BERT's next-sentence head, which was not trained to stand for a text; the mean of the tokens was.</summary>
    private const string FirstPlace = "pooler_output";

    private const string Ids = "input_ids", Mask = "attention_mask", Types = "token_type_ids";

    private readonly InferenceSession _session;
    private readonly string _output;

    private SentenceModel(InferenceSession session)
    {
        _session = session;
        string? pooled = session.OutputMetadata.Where(output => output.Value.Dimensions.Length == 2).Select(output => output.Key).OrderBy(output => output == FirstPlace).FirstOrDefault();
        string? places = session.OutputMetadata.Where(output => output.Value.Dimensions.Length == 3).Select(output => output.Key).FirstOrDefault();
        _output = (pooled == FirstPlace ? places ?? pooled : pooled ?? places)
            ?? throw new InvalidDataException("The text encoder has no output of two or three dimensions.");
    }

    /// <summary>Opens a model.</summary>
    /// <param name="path">The .onnx file.</param>
    /// <param name="logger">Receives what the runtime has to say.</param>
    /// <exception cref="InvalidDataException">It cannot be opened, or has inputs that nobody can fill.</exception>
    public static SentenceModel Open(string path, ILogger logger)
    {
        InferenceSession session;
        try
        {
            using SessionOptions options = OnnxEnvironment.NewSessionOptions(0, logger);
            session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"'{path}' cannot be opened: {e.Message}", e);
        }

        try
        {
            string[] strange = [.. session.InputMetadata.Keys.Except([Ids, Mask, Types])];
            if (strange.Length > 0 || !session.InputMetadata.ContainsKey(Ids) || session.InputMetadata.Values.Any(input => input.ElementType != typeof(long)))
                throw new InvalidDataException($"'{path}' has the inputs {string.Join(", ", session.InputMetadata.Keys)}; a text encoder has {Ids}, {Mask} and maybe {Types}, all int64.");
            return new SentenceModel(session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs one batch.</summary>
    /// <param name="texts">Token ids of each text; at least one text.</param>
    /// <returns>One vector per text, all of one width; finite.</returns>
    /// <exception cref="InvalidDataException">The model fails, or gives numbers that are not finite.</exception>
    public float[][] Run(IReadOnlyList<long[]> texts)
    {
        int length = Math.Max(1, texts.Max(text => text.Length));
        long[] ids = new long[texts.Count * length], mask = new long[ids.Length];
        for (int i = 0; i < texts.Count; i++)
        {
            texts[i].CopyTo(ids, i * length);
            Array.Fill(mask, 1, i * length, texts[i].Length);
        }

        long[] shape = [texts.Count, length];
        string[] names = [.. ((string[])[Ids, Mask, Types]).Where(_session.InputMetadata.ContainsKey)];
        OrtValue[] inputs = [.. names.Select(name => OrtValue.CreateTensorValueFromMemory(name == Ids ? ids : name == Mask ? mask : new long[ids.Length], shape))];
        float[][] vectors = new float[texts.Count][];
        try
        {
            using var run = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, names, inputs, [_output]);
            ReadOnlySpan<float> answer = outputs[0].GetTensorDataAsSpan<float>();
            bool isPooled = _session.OutputMetadata[_output].Dimensions.Length == 2;
            int width = answer.Length / (texts.Count * (isPooled ? 1 : length));
            for (int i = 0; i < vectors.Length; i++)
                vectors[i] = isPooled ? answer.Slice(i * width, width).ToArray() : Mean(answer.Slice(i * length * width, length * width), width, mask.AsSpan(i * length, length));
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

        if (!vectors.All(vector => vector.All(float.IsFinite)))
            throw new InvalidDataException("The text encoder gave numbers that are not finite.");
        return vectors;
    }

    public void Dispose() => _session.Dispose();

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

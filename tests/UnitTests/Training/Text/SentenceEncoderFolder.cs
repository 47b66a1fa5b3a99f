using Inference.Towers.Onnx;

namespace UnitTests.Training.Text;

/// <summary>
/// A sentence encoder of a few words, made here since none can be had: a table of token vectors and the mean over the mask, in or behind the model. No trained weights; it proves the path, not what real encoders are worth.
/// </summary>
internal sealed class SentenceEncoderFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("encoder-").FullName;

    /// <param name="words">Words by id, from 3 on.</param>
    /// <param name="vectors">A vector per word, all of one length.</param>
    /// <param name="isPooled">Whether the model gives one vector per text; otherwise one per token.</param>
    /// <param name="withTypes">Whether the model also reads token types.</param>
    /// <param name="withFirstPlace">Whether the model also has the output of a next-sentence head, here zeros.</param>
    public SentenceEncoderFolder(IReadOnlyList<string> words, IReadOnlyList<float[]> vectors, bool isPooled, bool withTypes = false, bool withFirstPlace = false)
    {
        int width = vectors[0].Length;
        File.WriteAllLines(System.IO.Path.Combine(_path, "vocab.txt"), ["[UNK]", "[CLS]", "[SEP]", .. words]);
        float[] table = [.. new float[3 * width], .. vectors.SelectMany(vector => vector)];
        var graph = new OnnxGraph("sentences");
        OnnxValue ids = graph.Input("input_ids", OnnxType.Int64, "batch", "tokens"), mask = graph.Input("attention_mask", OnnxType.Int64, "batch", "tokens");
        if (withTypes)
            ids = graph.Add(ids, graph.Input("token_type_ids", OnnxType.Int64, "batch", "tokens"));
        OnnxValue rows = graph.Constant("table", table, table.Length / width, width);
        if (isPooled)
            graph.Output("sentence_embedding", graph.MaskedMean(rows, ids, graph.Cast(mask, OnnxType.Float32)), OnnxType.Float32, "batch", width);
        else
            graph.Output("last_hidden_state", graph.Gather(rows, ids), OnnxType.Float32, "batch", "tokens", width);
        if (withFirstPlace)
            graph.Output("pooler_output", graph.MaskedMean(graph.Constant("head", new float[table.Length], table.Length / width, width), ids, graph.Cast(mask, OnnxType.Float32)), OnnxType.Float32, "batch", width);
        File.WriteAllBytes(System.IO.Path.Combine(_path, "model.onnx"), graph.ToBytes());
    }

    public string Path => _path;

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

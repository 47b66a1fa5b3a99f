using System.Runtime.InteropServices;
using Google.Protobuf;
using OpenInferenceProtocol.V2;
using UnitTests.Towers;
using InputTensor = OpenInferenceProtocol.V2.ModelInferRequest.Types.InferInputTensor;

namespace FunctionalTests.Server.OpenInference;

/// <summary>Makes and reads messages of the protocol, in both forms of elements.</summary>
internal static class InferMessages
{
    /// <summary>A request for users of <see cref="SmallWorld"/>: the id of a country and a history each, all of one length.</summary>
    public static ModelInferRequest Users(bool isRaw, params (long Country, int[] History)[] users)
    {
        int columns = users[0].History.Length;
        return new ModelInferRequest { ModelName = "user_tower", Id = "a request" }
            .With(isRaw, "history_ids", "INT64", [users.Length, columns], [.. users.SelectMany(user => user.History.Select(row => row + 1L))])
            .With(isRaw, "history_mask", "FP32", [users.Length, columns], [.. Enumerable.Repeat(1f, users.Length * columns)])
            .With(isRaw, "country", "INT64", [users.Length], [.. users.Select(user => user.Country)]);
    }

    /// <summary>A request for items of <see cref="SmallWorld"/>, by the ids of its table: the row and 1.</summary>
    public static ModelInferRequest Items(bool isRaw, params long[] ids) => new ModelInferRequest { ModelName = "item_tower" }.With(isRaw, "item_id", "INT64", [ids.Length], ids);

    /// <summary>Adds an input.</summary>
    public static ModelInferRequest With<T>(this ModelInferRequest request, bool isRaw, string name, string datatype, long[] shape, T[] elements)
        where T : unmanaged
    {
        var input = new InputTensor { Name = name, Datatype = datatype, Shape = { shape } };
        request.Inputs.Add(input);
        if (isRaw)
            request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(elements.AsSpan())));
        else
            input.Contents = Contents(elements);
        return request;
    }

    /// <summary>Elements of an output, whichever form they have.</summary>
    public static T[] Elements<T>(this ModelInferResponse response, string name)
        where T : unmanaged
    {
        int place = response.Outputs.ToList().FindIndex(output => output.Name == name);
        if (response.RawOutputContents.Count > 0)
            return MemoryMarshal.Cast<byte, T>(response.RawOutputContents[place].Span).ToArray();
        InferTensorContents contents = response.Outputs[place].Contents;
        return typeof(T) switch
        {
            var type when type == typeof(float) => (T[])(object)contents.Fp32Contents.ToArray(),
            var type when type == typeof(double) => (T[])(object)contents.Fp64Contents.ToArray(),
            var type when type == typeof(long) => (T[])(object)contents.Int64Contents.ToArray(),
            var type when type == typeof(int) => (T[])(object)contents.IntContents.ToArray(),
            var type when type == typeof(bool) => (T[])(object)contents.BoolContents.ToArray(),
            _ => throw new NotSupportedException(typeof(T).Name),
        };
    }

    private static InferTensorContents Contents<T>(T[] elements)
        where T : unmanaged => elements switch
        {
            long[] values => new InferTensorContents { Int64Contents = { values } },
            int[] values => new InferTensorContents { IntContents = { values } },
            float[] values => new InferTensorContents { Fp32Contents = { values } },
            double[] values => new InferTensorContents { Fp64Contents = { values } },
            bool[] values => new InferTensorContents { BoolContents = { values } },
            _ => throw new NotSupportedException(typeof(T).Name),
        };
}

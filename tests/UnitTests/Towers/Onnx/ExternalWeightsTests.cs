using Google.Protobuf;
using Inference.Towers.Onnx;
using Inference.Towers.Onnx.Proto;
using Xunit;

namespace UnitTests.Towers.Onnx;

public sealed class ExternalWeightsTests
{
    [Fact]
    public void Find_InEveryPlaceOfATensor_NamesTheFile()
    {
        var inner = new GraphProto { Name = "inner", Initializer = { At("subgraph") } };
        var model = new ModelProto
        {
            Graph = new GraphProto
            {
                Initializer = { At("initializer"), new TensorProto { Name = "inside", RawData = ByteString.CopyFrom(new byte[100]) } },
                SparseInitializer = { new SparseTensorProto { Values = At("sparse values"), Indices = At("sparse indices") } },
                Node =
                {
                    new NodeProto
                    {
                        Attribute =
                        {
                            new AttributeProto { T = At("attribute") },
                            new AttributeProto { Tensors = { At("attribute list") } },
                            new AttributeProto { G = inner },
                            new AttributeProto { Graphs = { new GraphProto { Initializer = { At("subgraph list") } } } },
                            new AttributeProto { SparseTensor = new SparseTensorProto { Values = At("sparse attribute") } },
                            new AttributeProto { SparseTensors = { new SparseTensorProto { Indices = At("sparse attribute list") } } },
                        },
                    },
                },
            },
            Functions = { new FunctionProto { Node = { new NodeProto { Attribute = { new AttributeProto { T = At("function") } } } } } },
        };

        IReadOnlySet<string> found = ExternalWeights.Find(model.ToByteArray(), out bool hasGraph);

        Assert.True(hasGraph);
        Assert.Equal(
            ["attribute", "attribute list", "function", "initializer", "sparse attribute", "sparse attribute list", "sparse indices", "sparse values", "subgraph", "subgraph list"],
            found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Find_WithExternalDataThatNamesNoFile_SaysSo()
    {
        var model = new ModelProto { Graph = new GraphProto { Initializer = { new TensorProto { DataLocation = TensorProto.Types.DataLocation.External } } } };
        Assert.Equal([""], ExternalWeights.Find(model.ToByteArray(), out _));
    }

    [Fact]
    public void Find_InAnEmptyModel_FindsNoGraph()
    {
        Assert.Empty(ExternalWeights.Find(new ModelProto { ProducerName = "x" }.ToByteArray(), out bool hasGraph));
        Assert.False(hasGraph);
    }

    /// <summary>What Google's reader takes is taken, with the same files; what it refuses may pass only where no tensor is.</summary>
    [Fact]
    public void Find_InMutatedModels_NeverFailsOtherwise()
    {
        byte[] model = new ModelProto { IrVersion = 8, ProducerName = "test", Graph = new GraphProto { Name = "g", Initializer = { At("weights.bin") }, Node = { new NodeProto { OpType = "Add", Attribute = { new AttributeProto { Name = "a", T = At("more.bin") } } } } } }.ToByteArray();
        var random = new Random(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = model[..random.Next(model.Length / 2, model.Length + 1)];
            for (int change = random.Next(0, 4); change > 0; change--)
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            IReadOnlySet<string>? found = null;
            try
            {
                found = ExternalWeights.Find(mutated, out _);
            }
            catch (InvalidDataException)
            {
                // Said so.
            }

            try
            {
                ModelProto parsed = ModelProto.Parser.ParseFrom(mutated);
                foreach (TensorProto tensor in parsed.Graph?.Initializer ?? [])
                {
                    if (found is not null && tensor.ExternalData.FirstOrDefault(entry => entry.Key == "location") is { } location)
                        Assert.Contains(location.Value, found);
                }
            }
            catch (InvalidProtocolBufferException)
            {
                // The runtime refuses it, too.
            }
        }
    }

    private static TensorProto At(string file) => new()
    {
        DataLocation = TensorProto.Types.DataLocation.External,
        ExternalData = { new StringStringEntryProto { Key = "offset", Value = "0" }, new StringStringEntryProto { Key = "location", Value = file } },
    };
}

using System.Text;

namespace Inference.Towers.Onnx;

/// <summary>
/// Finds the files that a model takes weights from, without making objects of the model: weights are passed over where they lie, so a model of hundreds of megabytes costs no copy of them. Goes
/// wherever a tensor can stand: initializers, attributes of nodes, subgraphs, functions.
/// </summary>
/// <remarks>Field numbers are those of onnx.proto; the encoding is that of protocol buffers (protobuf.dev/programming-guides/encoding).</remarks>
internal static class ExternalWeights
{
    /// <summary>Messages within one another, as the runtime's own reader allows.</summary>
    private const int MostDepth = 100;

    private const int External = 1;

    /// <summary>The parts of a model in which a tensor can be, as field → part.</summary>
    private enum Part
    {
        None,
        Model,
        Graph,
        Function,
        Node,
        Attribute,
        Sparse,
        Tensor,
    }

    /// <summary>The names, as the model gives them; "" where it takes weights from a file that it does not name.</summary>
    /// <param name="model">Content of the .onnx file.</param>
    /// <param name="hasGraph">Whether there is a graph at all.</param>
    /// <exception cref="InvalidDataException">It is no protocol buffer.</exception>
    public static IReadOnlySet<string> Find(ReadOnlySpan<byte> model, out bool hasGraph)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        hasGraph = false;
        Walk(model, Part.Model, names, ref hasGraph, 0);
        return names;
    }

    private static void Walk(ReadOnlySpan<byte> message, Part part, HashSet<string> names, ref bool hasGraph, int depth)
    {
        if (depth > MostDepth)
            throw new InvalidDataException($"it has more than {MostDepth} messages within one another.");
        string? location = null;
        bool isExternal = false;
        while (!message.IsEmpty)
        {
            ulong tag = TakeNumber(ref message);
            int field = (int)(tag >> 3);
            ReadOnlySpan<byte> value = default;
            ulong number = 0;
            switch (tag & 7)
            {
                case 0:
                    number = TakeNumber(ref message);
                    break;
                case 1:
                    Take(ref message, sizeof(ulong));
                    break;
                case 2:
                    value = Take(ref message, TakeNumber(ref message));
                    break;
                case 5:
                    Take(ref message, sizeof(uint));
                    break;
                default:
                    throw new InvalidDataException($"it has a field of the unknown type {tag & 7}.");
            }

            if (field == 0)
                throw new InvalidDataException("it has a field with the number 0.");
            hasGraph |= part == Part.Model && field == 7;
            if (part == Part.Tensor)
            {
                isExternal |= field == 13 || (field == 14 && number == External);
                location ??= field == 13 ? LocationOf(value) : null;
            }
            else if (PartOf(part, field) is var inner && inner != Part.None)
            {
                Walk(value, inner, names, ref hasGraph, depth + 1);
            }
        }

        if (isExternal)
            names.Add(location ?? "");
    }

    private static Part PartOf(Part part, int field) => (part, field) switch
    {
        (Part.Model, 7) => Part.Graph,
        (Part.Model, 25) => Part.Function,
        (Part.Graph, 1) or (Part.Function, 7) => Part.Node,
        (Part.Graph, 5) => Part.Tensor,
        (Part.Graph, 15) => Part.Sparse,
        (Part.Node, 5) => Part.Attribute,
        (Part.Attribute, 5 or 10) => Part.Tensor,
        (Part.Attribute, 6 or 11) => Part.Graph,
        (Part.Attribute, 22 or 23) => Part.Sparse,
        (Part.Sparse, 1 or 2) => Part.Tensor,
        _ => Part.None,
    };

    /// <summary>The value of an entry whose key is "location"; null for another one.</summary>
    private static string? LocationOf(ReadOnlySpan<byte> entry)
    {
        ReadOnlySpan<byte> key = default, value = default;
        while (!entry.IsEmpty)
        {
            ulong tag = TakeNumber(ref entry);
            if ((tag & 7) != 2)
                throw new InvalidDataException("it has an entry that is no text.");
            ReadOnlySpan<byte> text = Take(ref entry, TakeNumber(ref entry));
            if (tag >> 3 == 1)
                key = text;
            else if (tag >> 3 == 2)
                value = text;
        }

        return key.SequenceEqual("location"u8) ? Encoding.UTF8.GetString(value) : null;
    }

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> message, ulong length)
    {
        if (length > (ulong)message.Length)
            throw new InvalidDataException("it ends within a field.");
        ReadOnlySpan<byte> taken = message[..(int)length];
        message = message[(int)length..];
        return taken;
    }

    private static ulong TakeNumber(scoped ref ReadOnlySpan<byte> message)
    {
        ulong value = 0;
        for (int i = 0; i < 10; i++)
        {
            if (message.IsEmpty)
                throw new InvalidDataException("it ends within a number.");
            byte next = message[0];
            message = message[1..];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("it has a number of more than 10 bytes.");
    }
}

using System.Buffers;
using System.Text;
using Fuzz.Engine;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Inference.Server.Failures;
using Inference.Server.Json;
using Recsys.V1;

namespace Fuzz.Targets;

/// <summary>
/// JSON bodies of a message. What is taken is written and read back the same; cut into segments it is the same; and protobuf's own reader, which tells one fault and no place, agrees: it takes nothing that is
/// refused, but for what <see cref="IsStricter"/> names.
/// </summary>
internal sealed class JsonTarget<T>(string name) : FuzzTarget
    where T : class, IMessage<T>, new()
{
    private static readonly JsonParser TheirParser = new(new JsonParser.Settings(JsonShape.MaxDepth + 1, TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor, RetryInfo.Descriptor)));

    public override string Name => name;

    /// <summary>Faults are told with their places, and a reader of trees makes objects of small things.</summary>
    public override (long PerByte, long Free) MostAllocated => (4_096, 1 << 20);

    public override IReadOnlyList<string> Tokens =>
    [
        "{", "}", "[", "]", "{}", "[]", ":", ",", "\"", "null", "true", "false", "1e3", "\"1e3\"", "\"NaN\"", "\"user_id\":", "\"options\":", "\"context\":", "\"string_value\":", "\"stringValue\":", "\"int_value\":", "\"float_list\":",
        "\"2026-01-31T12:00:00Z\"", "\"1.5s\"", "\"\\u0032026-01-31T12:00:00Z\"", "\"\\\"\"", "\"time\":", "\"event_type\":\"EVENT_TYPE_CLICK\"", "\"EXPLORATION_POLICY_UCB\"", "// c", "/* c */", "\"@type\":", "\"\\ud83d\\ude00\"", "\"\\ud800\"",
    ];

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (T message in Examples())
        {
            var written = new ArrayBufferWriter<byte>();
            JsonMessages.Write(message, written);
            yield return written.WrittenSpan.ToArray();
        }
    }

    public override bool Read(byte[] input)
    {
        T? message = JsonMessages.Read<T>(new ReadOnlySequence<byte>(input), out Failure? failure);
        T? cut = JsonMessages.Read<T>(Segments(input), out Failure? failureOfCut);
        FuzzException.Unless(Equals(message, cut) && failure?.Message == failureOfCut?.Message, "a body is another one when it is cut");
        FuzzException.Unless((message is null) != (failure is null), "a body is neither taken nor refused");
        if (message is null)
        {
            FuzzException.Unless(failure!.Message.Length < 4_096 && failure.Violations.Sum(one => one.Field.Length + one.Description.Length) < 64 << 10, "a refusal is long");
            FuzzException.Unless(IsStricter(input) || !IsTakenByGoogle(input), "protobuf takes what is refused here");
            return false;
        }

        FuzzException.Unless(IsEmpty(input) || IsTakenByGoogle(input), "protobuf refuses what is taken here");
        var written = new ArrayBufferWriter<byte>();
        JsonMessages.Write(message, written);
        T? again = JsonMessages.Read<T>(new ReadOnlySequence<byte>(written.WrittenMemory), out failure);
        FuzzException.Unless(failure is null && Same(again!, message), "a message that was written is another one");
        return true;
    }

    private static bool Same(T one, T other) => one.ToByteString() == other.ToByteString();

    private static bool IsTakenByGoogle(byte[] input)
    {
        try
        {
            TheirParser.Parse<T>(Encoding.UTF8.GetString(input.AsSpan().StartsWith("\uFEFF"u8) ? input[3..] : input));
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ArgumentException or OverflowException or FormatException)
        {
            return false;
        }
    }

    private static bool IsEmpty(byte[] input) => input.AsSpan(input.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0).IndexOfAnyExcept(" \t\r\n"u8) < 0;

    /// <summary>
    /// What is refused here and protobuf's reader for C# takes: bytes that are no UTF-8, halves of surrogate pairs, numbers that a double would change, what stands behind the message, base64 in its other alphabet
    /// or without its end, empty text for a number, null within lists, names that are there twice, times with an escape that it takes for characters of its own.
    /// </summary>
    private static bool IsStricter(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        return text.Contains('\uFFFD') || text.Contains("\\u", StringComparison.OrdinalIgnoreCase) || Digits(text) || text.Contains("null", StringComparison.Ordinal);
    }

    private static bool Digits(string text)
    {
        int run = 0;
        foreach (char one in text)
        {
            run = char.IsAsciiDigit(one) || one is 'e' or 'E' ? run + 1 : 0;
            if (run > 15)
                return true;
        }

        return text.Contains('e') || text.Contains('E');
    }

    private static ReadOnlySequence<byte> Segments(byte[] bytes)
    {
        if (bytes.Length < 2)
            return new ReadOnlySequence<byte>(bytes);
        var first = new Segment(bytes.AsMemory(0, bytes.Length / 2), null);
        var last = new Segment(bytes.AsMemory(bytes.Length / 2), first);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static IEnumerable<T> Examples() => new IMessage[]
    {
        new RecommendRequest
        {
            UserId = "u1", Limit = 7, RecentItemIds = { "a", "b" }, ExcludedItemIds = { "c" }, Filter = "price < 3 and brand = \"x\"", RequestId = "r", Surface = "home", Options = new RecommendOptions { Explain = true },
            Context = { ["country"] = new FeatureValue { StringValue = "France\n\U0001F600" }, ["age"] = new FeatureValue { IntValue = long.MaxValue }, ["tastes"] = new FeatureValue { FloatList = new FloatList { Values = { 1.5, -2e300 } } } },
        },
        new RecommendRequest(),
        new RecordEventsRequest
        {
            Events = { new Event { EventId = "e1", UserId = "u1", ItemId = "i1", Type = EventType.Click, Time = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 1, 31, 12, 0, 0, 500, TimeSpan.Zero)), Value = 2.5 } },
        },
        new UpsertItemsRequest
        {
            Items = { new Item { ItemId = "i1", Title = "Ein Wein", Features = { ["price"] = new FeatureValue { FloatValue = 3.5 } }, Attributes = { ["tags"] = new FeatureValue { StringList = new StringList { Values = { "a", "b" } } } } } },
        },
    }.OfType<T>();

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            RunningIndex = previous?.Memory.Length ?? 0;
            previous?.Next = this;
        }
    }
}

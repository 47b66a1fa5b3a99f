using System.Buffers.Binary;
using System.Text;
using Fuzz.Engine;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Storage.Catalogue;
using Inference.Storage.Decisions;
using Inference.Storage.Embeddings;
using Inference.Storage.Events;
using Inference.Storage.Users;
using Inference.Training.OffPolicy;
using Inference.Vectors.Files;
using StackExchange.Redis;

namespace Fuzz.Targets;

/// <summary>Embeddings as Redis holds them.</summary>
internal sealed class EmbeddingTarget : FuzzTarget
{
    public override string Name => "redis-embedding";

    public override int TestCases => 10_000;

    public override IEnumerable<byte[]> Seeds() => new[] { 1, 8, 64 }.Select(dimension => EmbeddingCodec.Encode([.. Enumerable.Range(0, dimension).Select(i => i - 3.25f)], 77, DateTimeOffset.UnixEpoch.AddDays(20_000)));

    public override void Repair(ref byte[] input)
    {
        if (input.Length >= EmbeddingCodec.HeaderSize)
            BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(20), Crc32C.Of(input.AsSpan(0, 20), input.AsSpan(EmbeddingCodec.HeaderSize)));
    }

    public override bool Read(byte[] input)
    {
        if (!EmbeddingCodec.IsSound(input))
            return false;
        var embedding = new float[EmbeddingCodec.DimensionOf(input)];
        FuzzException.Unless(embedding.Length > 0, "a sound embedding has no dimension");
        EmbeddingCodec.Decode(input, embedding);
        DateTimeOffset written = EmbeddingCodec.WrittenOf(input);
        byte[] renewed = EmbeddingCodec.Renew(input, written);
        FuzzException.Unless(EmbeddingCodec.IsSound(renewed) && renewed.AsSpan().SequenceEqual(input), "an embedding that was renewed is another one");
        if (!EmbeddingCodec.CanEncode(embedding))
            return true;
        var again = new float[embedding.Length];
        EmbeddingCodec.Decode(EmbeddingCodec.Encode(embedding, EmbeddingCodec.StampOf(input), written), again);
        FuzzException.Unless(again.AsSpan().SequenceEqual(embedding), "an embedding that was written is another one");
        return true;
    }
}

/// <summary>A user's interactions as Redis holds them.</summary>
internal sealed class InteractionsTarget : FuzzTarget
{
    private const int Most = 50;

    public override string Name => "redis-interactions";

    public override int TestCases => 10_000;

    public override IEnumerable<byte[]> Seeds()
    {
        yield return InteractionCodec.EncodeAll([]);
        yield return InteractionCodec.EncodeAll([Of(1)]);
        yield return InteractionCodec.EncodeAll([.. Enumerable.Range(0, 60).Select(Of)]);
    }

    public override void Repair(ref byte[] input) => RepairEntries(input, InteractionCodec.HeaderSize, 0);

    public override bool Read(byte[] input)
    {
        if (!InteractionCodec.TryDecode(input, Most, out InteractionLog log))
        {
            FuzzException.Unless(log.Count == 0, "a log that cannot be read is not empty");
            return false;
        }

        FuzzException.Unless(log.Count <= Most, "a log is longer than the limit");
        FuzzException.Unless(InteractionCodec.TryDecode(InteractionCodec.EncodeAll([.. log]), Most, out InteractionLog again) && again.SequenceEqual(log), "a log that was written is another one");
        return true;
    }

    public static Interaction Of(int number) => new((ulong)number * 77, $"item-{number}", (InteractionType)(1 + (number % 2)), DateTimeOffset.UnixEpoch.AddSeconds(number * 1_000L), number * 0.5f);

    /// <summary>Makes the checksums of entries right, which follow one another with so many bytes before each.</summary>
    public static void RepairEntries(Span<byte> bytes, int start, int before)
    {
        for (int at = start + before; at + InteractionCodec.EntryOverhead < bytes.Length;)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            if (length < InteractionCodec.EntryOverhead || at + length > bytes.Length)
                return;
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[(at + length - 4)..], Crc32C.Of(bytes.Slice(at, length - 4)));
            at += length + before;
        }
    }
}

/// <summary>What replicas tell each other.</summary>
internal sealed class EventMessageTarget : FuzzTarget
{
    public override string Name => "redis-message";

    public override int TestCases => 10_000;

    public override IEnumerable<byte[]> Seeds()
    {
        yield return EventMessage.OfEvents(9, [(new UserKey(1, 2), InteractionCodec.Encode(InteractionsTarget.Of(1))), (default, InteractionCodec.Encode(InteractionsTarget.Of(2)))]);
        yield return EventMessage.OfForget(9, new UserIdentity(new UserKey(1, 2), new UserKey(3, 4)));
    }

    public override void Repair(ref byte[] input) => InteractionsTarget.RepairEntries(input, 10, UserKey.Size);

    public override bool Read(byte[] input)
    {
        ReadOnlySpan<byte> rest = input;
        switch (EventMessage.ReadHeader(ref rest, out ulong sender))
        {
            case EventMessage.Kind.Events:
                var events = new List<(UserKey, byte[])>();
                while (!rest.IsEmpty)
                {
                    if (!EventMessage.TryReadEvent(ref rest, out UserKey user, out Interaction interaction))
                        return false;
                    events.Add((user, InteractionCodec.Encode(interaction)));
                }

                FuzzException.Unless(EventMessage.OfEvents(sender, events).AsSpan().SequenceEqual(input), "a message that was written is another one");
                return true;
            case EventMessage.Kind.Forget:
                if (!EventMessage.TryReadForget(rest, out UserIdentity forgotten))
                    return false;
                FuzzException.Unless(EventMessage.OfForget(sender, forgotten).AsSpan().SequenceEqual(input), "a message that was written is another one");
                return true;
            default:
                return false;
        }
    }
}

/// <summary>Entries of the stream of events, as lines "field=value"; what is taken is a line of the log that its reader takes.</summary>
internal sealed class StreamEntryTarget : FuzzTarget
{
    private readonly DecisionLines _lines = new(withUsers: false);
    private readonly LogLineParser _parser = new();
    private readonly LogLine _line = new();

    public override string Name => "redis-stream";

    public override int TestCases => 10_000;

    public override IReadOnlyList<string> Tokens => ["id=", "user=", "item=", "type=", "time=", "request=", "slot=", "value=", "forget=", "\n", "=", "nan", "1e999", "253402300800000", "-62135596800001"];

    public override IEnumerable<byte[]> Seeds() => ["id=e1\nuser=\nitem=i1\ntype=2\ntime=1769860800000\nrequest=r1\nslot=3\nvalue=1.5"u8.ToArray()];

    public override bool Read(byte[] input)
    {
        var fields = new Dictionary<string, RedisValue>(StringComparer.Ordinal);
        foreach (string line in Encoding.UTF8.GetString(input).Split('\n'))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            fields[equals < 0 ? line : line[..equals]] = equals < 0 ? "" : line[(equals + 1)..];
        }

        if (DecisionStreamReader.EventOf(fields, []) is not { } item)
            return false;
        FuzzException.Unless(Enum.IsDefined(item.Type), "an event is of no type");
        _lines.Clear();
        _lines.Append(item);
        FuzzException.Unless(_parser.TryParse(_lines.Bytes.Span[..^1], _line) && _line.IsEvent, "an event that was written cannot be read");
        FuzzException.Unless(_line.Time == item.Time && _line.Type == item.Type && _line.Slot == item.Slot, "an event that was written is another one");
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        _lines.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Lines of the decision log.</summary>
internal sealed class DecisionLineTarget : FuzzTarget
{
    private readonly LogLineParser _parser = new();
    private readonly LogLine _line = new();

    public override string Name => "decision-log";

    public override int TestCases => 10_000;

    public override IReadOnlyList<string> Tokens =>
        ["null", "-1", "1e400", "{}", "[]", "\"kind\":\"event\",", "\"kind\":\"decision\",", "\"choices\":", "\"slots\":", "\"items\":", "\"chosen\":", "\"policy\":\"ucb\"", "\"time\":\"2026-01-31T12:00:00Z\"", "\"page\":", "\"user\":", "\"probability\":", "\"\\ud800\"", "2147483648"];

    public override IEnumerable<byte[]> Seeds()
    {
        using var lines = new DecisionLines(withUsers: true);
        lines.Append(new Decision(
            "r1", DateTimeOffset.UnixEpoch.AddDays(20_000), new UserKey(1, 2), "shop/1", Rung.UserTower, 3, ExplorationPolicy.EpsilonGreedy,
            [new DecidedSlot("a", SlotType.Explore, 1.5f, 0.5), new DecidedSlot("b", SlotType.Exploit, 1, 1, [new Adjustment(AdjustmentKind.Boosted, "new", 0.5, 3)])],
            [new Choice(1, SlotType.Explore, 0, [new ChoiceItem("a", 1.5f, 3, 1, 0.5), new ChoiceItem("c", 1, 0, 0, 0.5)], 0.1, new ChoiceSettings(ExplorationPolicy.EpsilonGreedy, Epsilon: 0.1))]));
        yield return lines.Bytes.ToArray()[..^1];
        lines.Clear();
        lines.Append(new UserEvent("e1", new UserIdentity(new UserKey(1, 2)), "a", InteractionType.Click, DateTimeOffset.UnixEpoch.AddDays(20_000), "r1", 1, 2.5));
        yield return lines.Bytes.ToArray()[..^1];
    }

    public override bool Read(byte[] input)
    {
        if (!_parser.TryParse(input, _line))
            return false;
        for (int i = 0; i < _line.Draws; i++)
            _ = _line.Draw(i);
        return true;
    }
}

/// <summary>Stored features of a user.</summary>
internal sealed class FeaturesTarget : FuzzTarget
{
    public override string Name => "redis-features";

    public override int TestCases => 5_000;

    public override (long PerByte, long Free) MostAllocated => (1_024, 1 << 20);

    public override IReadOnlyList<string> Tokens => ["null", "[]", "{}", "\"a\":", "[1,2]", "[\"a\",1]", "[1.5,null]", "1e400", "-0", "9223372036854775808", "true", "\"\\ud800\"", "[[1]]"];

    public override IEnumerable<byte[]> Seeds() => ["""{"country":"France","age":40,"height":1.75,"tastes":["a","b"],"ids":[1,2],"numbers":[1.5,2]}"""u8.ToArray()];

    public override bool Read(byte[] input)
    {
        if (!FeatureJson.TryRead(input, out IReadOnlyDictionary<string, FeatureValue>? features))
        {
            FuzzException.Unless(features is null, "features that cannot be read are there");
            return false;
        }

        if (features is null)
            return true;
        byte[] written = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, FeatureValue>(features), FeatureJson.Default.DictionaryStringFeatureValue);
        FuzzException.Unless(FeatureJson.TryRead(written, out IReadOnlyDictionary<string, FeatureValue>? again) && again?.Count == features.Count, "features that were written are others");
        return true;
    }
}

/// <summary>Kept changes of items.</summary>
internal sealed class ItemRecordTarget : FuzzTarget
{
    private const string Id = "item-1";

    public override string Name => "redis-item";

    public override int TestCases => 5_000;

    public override (long PerByte, long Free) MostAllocated => (1_024, 1 << 20);

    public override IReadOnlyList<string> Tokens => ["null", "{}", "\"deleted\":true", "\"title\":", "\"features\":{\"a\":1}", "\"attributes\":", " ", "9007199254740992", "[[]]", "1e400"];

    public override IEnumerable<byte[]> Seeds()
    {
        yield return [.. "12 "u8, .. ItemRecord.Body(Id, null)];
        var features = new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of(2.5), ["brand"] = FeatureValue.Of("x") };
        yield return [.. "9007199254740991 "u8, .. ItemRecord.Body(Id, new ItemContent("A title", features, features))];
    }

    /// <summary>Sixteen digits of SHA-256 over the id, a zero byte and what follows them.</summary>
    public override void Repair(ref byte[] input)
    {
        int start = Array.IndexOf(input, (byte)' ') + 1;
        if (start == 0 || input.Length < start + 17)
            return;
        byte[] hashed = [.. Encoding.UTF8.GetBytes(Id), 0, .. input.AsSpan(start + 17)];
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(hashed).AsSpan(0, 8)), input.AsSpan(start));
        input[start + 16] = (byte)' ';
    }

    public override bool Read(byte[] input)
    {
        if (!ItemRecord.TryRead(Id, input, out long version, out byte[]? body, out ItemContent? content))
            return false;
        FuzzException.Unless(version is >= 1 and <= ItemRecord.MaxVersion, "a version is out of range");
        FuzzException.Unless(ItemRecord.Content(body) is null == content is null, "a body is read in two ways");
        byte[] again = [.. Encoding.ASCII.GetBytes($"{version} "), .. ItemRecord.Body(Id, content)];
        FuzzException.Unless(ItemRecord.TryRead(Id, again, out long versionAgain, out _, out ItemContent? contentAgain) && versionAgain == version && contentAgain?.Title == content?.Title
            && contentAgain?.Features.Count == content?.Features.Count, "a record that was written is another one");
        return true;
    }
}

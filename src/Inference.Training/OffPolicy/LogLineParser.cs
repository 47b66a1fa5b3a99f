using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;

namespace Inference.Training.OffPolicy;

/// <summary>
/// Reads lines of a log (docs/cold-start.md) without making objects of them. Properties that it does not know are passed over, so the format can grow. Ids become digests: requests 128 bits and events 64 of
/// SHA-256, items 64 bits of FNV-1a, for they are only held against those of one slate. Not safe for concurrent use.
/// </summary>
internal sealed class LogLineParser
{
    private byte[] _scratch = new byte[1024];

    /// <summary>Reads a line.</summary>
    /// <returns>False where it is neither a decision nor an event, or contradicts itself.</returns>
    public bool TryParse(ReadOnlySpan<byte> utf8, LogLine line)
    {
        line.Clear();
        try
        {
            var json = new Utf8JsonReader(utf8);
            return json.Read() && json.TokenType == JsonTokenType.StartObject && TryRead(ref json, line) && !json.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private bool TryRead(ref Utf8JsonReader json, LogLine line)
    {
        bool hasKind = false, hasRequest = false, hasTime = false, hasItem = false, hasChoices = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("kind"u8))
            {
                json.Read();
                line.IsEvent = json.ValueTextEquals("event"u8);
                hasKind = line.IsEvent || json.ValueTextEquals("decision"u8);
            }
            else if (json.ValueTextEquals("request_id"u8))
            {
                ReadOnlySpan<byte> id = Text(ref json);
                hasRequest = id.Length > 0;
                line.Request = Digest(id);
            }
            else if (json.ValueTextEquals("time"u8))
            {
                json.Read();
                hasTime = json.TryGetDateTimeOffset(out DateTimeOffset time);
                line.Time = time;
            }
            else if (json.ValueTextEquals("user"u8))
            {
                line.User = UInt128.TryParse(Text(ref json), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 user) ? user : 0;
            }
            else if (json.ValueTextEquals("page"u8))
            {
                json.Read();
                line.Page = json.GetInt32();
            }
            else if (json.ValueTextEquals("event_id"u8))
            {
                line.Event = (ulong)(Digest(Text(ref json)) >> 64);
            }
            else if (json.ValueTextEquals("item_id"u8))
            {
                ReadOnlySpan<byte> id = Text(ref json);
                hasItem = id.Length > 0;
                line.Item = Hash(id);
            }
            else if (json.ValueTextEquals("type"u8))
            {
                json.Read();
                line.Type = TypeOf(ref json);
            }
            else if (json.ValueTextEquals("slot"u8))
            {
                json.Read();
                line.Slot = json.GetInt32();
            }
            else if (json.ValueTextEquals("value"u8))
            {
                line.Value = Number(ref json);
            }
            else if (json.ValueTextEquals("choices"u8))
            {
                if (!TryReadChoices(ref json, line))
                    return false;
                hasChoices = true;
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        return hasKind && hasRequest && hasTime && json.TokenType == JsonTokenType.EndObject && (line.IsEvent ? hasItem && line.Type != 0 : hasChoices);
    }

    private bool TryReadChoices(ref Utf8JsonReader json, LogLine line)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return false;
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            LoggedDraw draw = line.AddDraw();
            ExplorationPolicy policy = 0;
            double epsilon = 0, temperature = 0, width = 0, prior = 0;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("items"u8))
                {
                    if (!TryReadItems(ref json, draw))
                        return false;
                }
                else if (json.ValueTextEquals("slot"u8))
                {
                    json.Read();
                    draw.Slot = json.GetInt32();
                }
                else if (json.ValueTextEquals("type"u8))
                {
                    json.Read();
                    draw.Type = json.ValueTextEquals("explore"u8) ? SlotType.Explore : json.ValueTextEquals("new_item"u8) ? SlotType.NewItem : 0;
                }
                else if (json.ValueTextEquals("policy"u8))
                {
                    json.Read();
                    policy = PolicyOf(ref json);
                }
                else if (json.ValueTextEquals("chosen"u8))
                {
                    json.Read();
                    draw.Chosen = json.GetInt32();
                }
                else if (json.ValueTextEquals("rate"u8))
                {
                    draw.Rate = Number(ref json);
                }
                else if (json.ValueTextEquals("epsilon"u8))
                {
                    epsilon = Number(ref json);
                }
                else if (json.ValueTextEquals("temperature"u8))
                {
                    temperature = Number(ref json);
                }
                else if (json.ValueTextEquals("confidence_width"u8))
                {
                    width = Number(ref json);
                }
                else if (json.ValueTextEquals("prior_impressions"u8))
                {
                    prior = Number(ref json);
                }
                else
                {
                    json.Read();
                    json.Skip();
                }
            }

            draw.Settings = new ChoiceSettings(policy, epsilon, temperature, width, prior);
            if (!draw.IsSound())
                return false;
        }

        return json.TokenType == JsonTokenType.EndArray;
    }

    private bool TryReadItems(ref Utf8JsonReader json, LoggedDraw draw)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            return false;
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            ulong item = 0;
            double score = 0, shown = 0, clicked = 0, probability = double.NaN;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("item_id"u8))
                {
                    item = Hash(Text(ref json));
                }
                else if (json.ValueTextEquals("score"u8))
                {
                    score = Single(ref json);
                }
                else if (json.ValueTextEquals("shown"u8))
                {
                    shown = Single(ref json);
                }
                else if (json.ValueTextEquals("clicked"u8))
                {
                    clicked = Single(ref json);
                }
                else if (json.ValueTextEquals("probability"u8))
                {
                    probability = Number(ref json);
                }
                else
                {
                    json.Read();
                    json.Skip();
                }
            }

            draw.Add(item, (float)score, (float)shown, (float)clicked, probability);
        }

        return json.TokenType == JsonTokenType.EndArray;
    }

    private static float Single(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.Null ? 0f : json.GetSingle();
    }

    private static double Number(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.Null ? 0 : json.GetDouble();
    }

    private static ExplorationPolicy PolicyOf(ref Utf8JsonReader json) =>
        json.ValueTextEquals("softmax"u8) ? ExplorationPolicy.Softmax
        : json.ValueTextEquals("epsilon_greedy"u8) ? ExplorationPolicy.EpsilonGreedy
        : json.ValueTextEquals("thompson"u8) ? ExplorationPolicy.Thompson
        : json.ValueTextEquals("ucb"u8) ? ExplorationPolicy.Ucb
        : json.ValueTextEquals("off"u8) ? ExplorationPolicy.Off : 0;

    private static InteractionType TypeOf(ref Utf8JsonReader json)
    {
        for (InteractionType type = InteractionType.View; type <= InteractionType.Skip; type++)
        {
            if (json.ValueTextEquals(LogNames.Of(type)))
                return type;
        }

        return 0;
    }

    /// <summary>The next value, a string; valid until the next call.</summary>
    private ReadOnlySpan<byte> Text(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
            throw new JsonException("A text is missing.");
        if (!json.ValueIsEscaped)
            return json.ValueSpan;
        if (_scratch.Length < json.ValueSpan.Length)
            _scratch = new byte[2 * json.ValueSpan.Length];
        return _scratch.AsSpan(0, json.CopyString(_scratch));
    }

    private static UInt128 Digest(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static ulong Hash(ReadOnlySpan<byte> text)
    {
        ulong hash = 14695981039346656037;
        foreach (byte one in text)
            hash = (hash ^ one) * 1099511628211;
        return hash;
    }
}

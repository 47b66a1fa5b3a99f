using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;

namespace Inference.Storage.Decisions;

/// <summary>
/// Decisions and events as JSON, a line each (docs/cold-start.md). Numbers are written so that they read back as the same bits; a number that is not finite is null. Not safe for concurrent use.
/// </summary>
/// <param name="withUsers">Whether users are named by their keys.</param>
internal sealed class DecisionLines(bool withUsers) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(64 << 10);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>The lines, each with its end.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    /// <summary>Begins anew.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    /// <summary>Appends a decision.</summary>
    public void Append(Decision decision)
    {
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString("kind"u8, "decision"u8);
        _json.WriteString("request_id"u8, decision.RequestId);
        _json.WriteString("time"u8, decision.Time.UtcDateTime);
        if (decision.Page > 1)
        {
            _json.WriteNumber("page"u8, decision.Page);
            _json.WriteNumber("shown_before"u8, decision.ShownBefore);
            _json.WriteString("first_request_id"u8, decision.FirstRequestId);
        }

        WriteUser(decision.User);
        _json.WriteString("model"u8, decision.ModelVersion);
        _json.WriteString("served_by"u8, LogNames.Of(decision.ServedBy));
        _json.WriteNumber("known_events"u8, decision.KnownEvents);
        _json.WriteString("policy"u8, LogNames.Of(decision.Policy));
        _json.WriteStartArray("slots"u8);
        for (int i = 0; i < decision.Slots.Count; i++)
        {
            DecidedSlot slot = decision.Slots[i];
            _json.WriteStartObject();
            _json.WriteString("item_id"u8, slot.ItemId);
            _json.WriteString("type"u8, LogNames.Of(slot.Type));
            WriteNumber("score"u8, slot.Score);
            WriteNumber("propensity"u8, slot.Propensity);
            if (slot.Adjustments is { } adjustments)
                Write(adjustments);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteStartArray("choices"u8);
        for (int i = 0; i < decision.Choices.Count; i++)
            Write(decision.Choices[i]);
        _json.WriteEndArray();
        EndLine();
    }

    /// <summary>Appends an event.</summary>
    public void Append(UserEvent item)
    {
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString("kind"u8, "event"u8);
        _json.WriteString("event_id"u8, item.EventId);
        _json.WriteString("time"u8, item.Time.UtcDateTime);
        WriteUser(item.User.Key);
        _json.WriteString("item_id"u8, item.ItemId);
        _json.WriteString("type"u8, LogNames.Of(item.Type));
        _json.WriteString("request_id"u8, item.RequestId);
        _json.WriteNumber("slot"u8, item.Slot);
        WriteNumber("value"u8, item.Value);
        EndLine();
    }

    public void Dispose() => _json.Dispose();

    /// <summary>Pins and boosts, which whoever runs the shop decided; the rest follows from scores and rules.</summary>
    private void Write(IReadOnlyList<Adjustment> adjustments)
    {
        bool hasBoosts = false;
        for (int i = 0; i < adjustments.Count; i++)
        {
            if (adjustments[i].Kind == AdjustmentKind.Pinned)
                _json.WriteBoolean("pinned"u8, true);
            hasBoosts |= adjustments[i].Kind == AdjustmentKind.Boosted;
        }

        if (!hasBoosts)
            return;
        _json.WriteStartArray("boosts"u8);
        for (int i = 0; i < adjustments.Count; i++)
        {
            if (adjustments[i].Kind != AdjustmentKind.Boosted)
                continue;
            _json.WriteStartObject();
            _json.WriteString("name"u8, adjustments[i].Name);
            WriteNumber("amount"u8, adjustments[i].Amount);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void Write(Choice choice)
    {
        _json.WriteStartObject();
        _json.WriteNumber("slot"u8, choice.Slot);
        _json.WriteString("type"u8, LogNames.Of(choice.Type));
        _json.WriteString("policy"u8, LogNames.Of(choice.Settings.Policy));
        if (choice.Settings.Policy == ExplorationPolicy.EpsilonGreedy)
            _json.WriteNumber("epsilon"u8, choice.Settings.Epsilon);
        if (choice.Settings.Policy == ExplorationPolicy.Softmax)
            _json.WriteNumber("temperature"u8, choice.Settings.Temperature);
        if (choice.Settings.Policy == ExplorationPolicy.Ucb)
            _json.WriteNumber("confidence_width"u8, choice.Settings.ConfidenceWidth);
        if (choice.Settings.Policy is ExplorationPolicy.Thompson or ExplorationPolicy.Ucb)
            _json.WriteNumber("prior_impressions"u8, choice.Settings.PriorImpressions);
        WriteNumber("rate"u8, choice.Rate);
        _json.WriteNumber("chosen"u8, choice.Chosen);
        _json.WriteStartArray("items"u8);
        for (int i = 0; i < choice.Items.Count; i++)
        {
            ChoiceItem item = choice.Items[i];
            _json.WriteStartObject();
            _json.WriteString("item_id"u8, item.ItemId);
            WriteNumber("score"u8, item.Score);
            WriteNumber("shown"u8, item.Shown);
            WriteNumber("clicked"u8, item.Clicked);
            WriteNumber("probability"u8, item.Probability);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteUser(UserKey user)
    {
        if (!withUsers || user.IsNobody)
        {
            _json.WriteString("user"u8, ""u8);
            return;
        }

        Span<char> hex = stackalloc char[2 * UserKey.Size];
        _ = user.High.TryFormat(hex, out _, "x16", CultureInfo.InvariantCulture) && user.Low.TryFormat(hex[UserKey.Size..], out _, "x16", CultureInfo.InvariantCulture);
        _json.WriteString("user"u8, hex);
    }

    private void WriteNumber(ReadOnlySpan<byte> name, float value)
    {
        if (float.IsFinite(value))
            _json.WriteNumber(name, value);
        else
            _json.WriteNull(name);
    }

    private void WriteNumber(ReadOnlySpan<byte> name, double value)
    {
        if (double.IsFinite(value))
            _json.WriteNumber(name, value);
        else
            _json.WriteNull(name);
    }

    private void EndLine()
    {
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
    }
}

using System.Globalization;
using System.Text.Json;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>What an export counted.</summary>
internal sealed class ExportTally
{
    private readonly long[] _rungs = new long[Enum.GetValues<Rung>().Length];
    private readonly SortedDictionary<string, long> _versions = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private long _degraded;

    /// <summary>Users that the file already held.</summary>
    public long Before { get; init; }

    /// <summary>Errors among them.</summary>
    public long ErrorsBefore { get; init; }

    /// <summary>Users that this run added.</summary>
    public long Written { get; private set; }

    /// <summary>Errors among all users of the file.</summary>
    public long Errors => ErrorsBefore + _errors.Values.Sum();

    /// <summary>How often the stream had to be begun again.</summary>
    public int Reconnects { get; set; }

    /// <summary>Whether the list of users came to its end.</summary>
    public bool IsComplete { get; set; }

    public TimeSpan Elapsed { get; set; }

    public void Add(RecommendResponse answer)
    {
        Written++;
        if ((uint)answer.ServedBy < (uint)_rungs.Length)
            _rungs[(int)answer.ServedBy]++;
        _degraded += answer.Degraded.Count > 0 ? 1 : 0;
        Count(_versions, answer.ModelVersion);
    }

    public void Add(ExportError error)
    {
        Written++;
        Count(_errors, error.Reason.Length > 0 ? error.Reason : error.Code);
    }

    public void Show(CommandHost host, string output)
    {
        string before = Before > 0 ? $" behind {Before:N0} that were there" : "";
        host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{output}: {Written:N0} users{before} in {Elapsed.TotalSeconds:0.0} s ({Rate:N0} users/s)"));
        if (Written > 0)
            host.Output.WriteLine($"served by {List(Rungs())} · model {List(_versions)} · {_degraded.ToString("N0", CultureInfo.InvariantCulture)} degraded · {Reconnects} reconnects");
        if (Errors > 0)
            host.Output.WriteLine($"errors: {Errors.ToString("N0", CultureInfo.InvariantCulture)}{(_errors.Count > 0 ? $" ({List(_errors)})" : "")}");
    }

    public void Json(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("complete", IsComplete);
        writer.WriteNumber("users", Before + Written);
        writer.WriteNumber("resumed_behind", Before);
        writer.WriteNumber("seconds", Math.Round(Elapsed.TotalSeconds, 3));
        writer.WriteNumber("users_per_second", Math.Round(Rate, 1));
        writer.WriteNumber("errors", Errors);
        writer.WriteNumber("degraded", _degraded);
        writer.WriteNumber("reconnects", Reconnects);
        Write(writer, "served_by", Rungs());
        Write(writer, "model_versions", _versions);
        Write(writer, "error_reasons", _errors);
        writer.WriteEndObject();
    }

    private double Rate => Written / Math.Max(1e-9, Elapsed.TotalSeconds);

    private IEnumerable<KeyValuePair<string, long>> Rungs() =>
        _rungs.Select((count, rung) => KeyValuePair.Create(LineFormat.NameOf((Rung)rung), count)).Where(rung => rung.Value > 0);

    private static void Count(SortedDictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;

    private static string List(IEnumerable<KeyValuePair<string, long>> counts) => string.Join(", ", counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key} {count.Value:N0}")));

    private static void Write(Utf8JsonWriter writer, string name, IEnumerable<KeyValuePair<string, long>> counts)
    {
        writer.WriteStartObject(name);
        foreach ((string key, long count) in counts)
            writer.WriteNumber(key, count);
        writer.WriteEndObject();
    }
}

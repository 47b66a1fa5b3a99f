using Inference.Towers.Encoders;
using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>
/// Splits raw events by the protocol "coldsplit-v1":
/// <list type="number">
/// <item>Events in the order of time, equal times in the order of the file; of each user and item the first one counts.</item>
/// <item>Mode time: training users came before the validation part; what they did before it is training, later events are warm validation and warm test; later users are unseen; items first seen in a
/// later part are cold there.</item>
/// <item>Mode arrival: the first 80 % of the users to come train, the next 10 % validate, the last 10 % test; one item in twenty by the hash of its id is cold for validation, two for test; of a training
/// user's other items the last tenth is warm test and the tenth before warm validation, each at least one.</item>
/// <item>The catalogue are the items with a training event. Unseen users with at least 15 catalogue items are few-shot users: ten of support, the others targets.</item>
/// </list>
/// Users of the training part without a training event are left out: nothing can be learned from them, nor judged.
/// </summary>
public static class ColdSplitBuilder
{
    /// <exception cref="ArgumentException">The options do not fit one another.</exception>
    /// <exception cref="InvalidDataException">No training event is left.</exception>
    public static ColdSplit Build(DataFolder data, ColdSplitOptions? options = null) => Build(data.Events, options);

    /// <exception cref="ArgumentException">The options do not fit one another.</exception>
    /// <exception cref="InvalidDataException">No training event is left.</exception>
    public static ColdSplit Build(EventTable events, ColdSplitOptions? options = null)
    {
        options ??= new ColdSplitOptions();
        return options.Mode switch
        {
            SplitTimes.Time => new TimeSplit(events, TimesOf(events, options)).Build(),
            SplitTimes.Arrival when options.Validation is null && options.Test is null => new ArrivalSplit(events).Build(),
            SplitTimes.Arrival => throw new ArgumentException("A split by arrival takes no times.", nameof(options)),
            _ => throw new ArgumentException($"The mode '{options.Mode}' is not known; it can be {SplitTimes.Time} or {SplitTimes.Arrival}.", nameof(options)),
        };
    }

    /// <summary>Times that are given, else quantiles of the times of all events, to whole seconds.</summary>
    private static SplitTimes TimesOf(EventTable events, ColdSplitOptions options)
    {
        long? validation = options.Validation, test = options.Test;
        if (validation is null || test is null)
        {
            long[] times = events.Milliseconds.ToArray();
            Array.Sort(times);
            validation ??= SecondOf(times[(int)(times.Length * 0.8)]);
            test ??= SecondOf(times[(int)(times.Length * 0.9)]);
        }

        if (validation >= test)
            throw new ArgumentException($"The validation part would begin at {validation} and the test part at {test}, which is not later{(options.Test is null ? "; give both times" : "")}.", nameof(options));
        return new SplitTimes(SplitTimes.Time, validation, test);
    }

    private static long SecondOf(long milliseconds) => (long)Math.Floor(milliseconds / 1000.0);

    /// <summary>Ids hash to 0 to 19: of the test part below 2, of the validation part at 2.</summary>
    internal static uint HashOf(string itemId) => Fnv1a.Add(Fnv1a.Start, itemId) % 20;
}

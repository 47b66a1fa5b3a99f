using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Training.Data;
using Inference.Training.Splits;

namespace Inference.Cli.Evaluation;

/// <summary>The options of verbs that read a data folder and split it: where the data are, and how they are split.</summary>
internal sealed class DataOptions
{
    private readonly Option<string> _data;
    private readonly Option<string?> _split = new("--split-dir") { Description = "Folder of the split's files; without it, DIR/splits, and without that the data are split here", HelpName = "DIR" };
    private readonly Option<string?> _mode = new("--split-mode") { Description = "Split here: by time, or by the arrival of users where times only order their events", HelpName = "MODE" };
    private readonly Option<DateTimeOffset?> _validationFrom = Date("--validation-from", "Split here by time: the validation part begins on this day; by default where 80 % of the events have been");
    private readonly Option<DateTimeOffset?> _testFrom = Date("--test-from", "Split here by time: the test part begins on this day; by default where 90 % have been");
    private readonly Option<double> _badRows = Numbers.Option("--max-bad-rows", "Share of a file's rows that may be unreadable; they are left out", new DataFolderOptions().MostBadRows, 0, 1);
    private readonly Option<ulong> _seed;

    private DataOptions(Command command, Option<string> data, Option<ulong> seed, bool isToSplit)
    {
        (_data, _seed) = (data, seed);
        foreach (Option option in isToSplit ? (Option[])[_data, _badRows, _mode, _validationFrom, _testFrom] : [_data, _badRows, _split, _mode, _validationFrom, _testFrom, _seed])
            command.Options.Add(option);
        _mode.AcceptOnlyFromAmong(SplitTimes.Time, SplitTimes.Arrival);
        command.Validators.Add(Check);
    }

    /// <summary>Puts them on a command that reads a split, or makes one on its way.</summary>
    /// <param name="command">The command.</param>
    /// <param name="needs">What the data have to fit, for the help; empty for nothing.</param>
    /// <param name="seed">What the seed does, for the help.</param>
    public DataOptions(Command command, string needs = "", string seed = "Of everything that is chance")
        : this(command, Data(needs), Numbers.Option("--seed", seed, 1UL, ulong.MinValue, ulong.MaxValue), isToSplit: false)
    {
    }

    /// <summary>Puts them on a command that makes a split and nothing else: without a split that is there, and without chance.</summary>
    public static DataOptions ToSplit(Command command) => new(command, Data(""), Numbers.Option("--seed", "", 1UL, ulong.MinValue, ulong.MaxValue), isToSplit: true);

    /// <summary>What was asked.</summary>
    public EvaluateOptions Read(ParseResult parsed) => new()
    {
        Data = parsed.GetRequiredValue(_data),
        MostBadRows = parsed.GetValue(_badRows),
        SplitFolder = parsed.GetValue(_split),
        SplitMode = parsed.GetValue(_mode),
        ValidationFrom = parsed.GetValue(_validationFrom),
        TestFrom = parsed.GetValue(_testFrom),
        Seed = parsed.GetValue(_seed),
    };

    private void Check(CommandResult result)
    {
        bool hasDates = result.GetResult(_validationFrom) is not null || result.GetResult(_testFrom) is not null;
        if ((hasDates || result.GetResult(_mode) is not null) && result.GetResult(_split) is not null)
            result.AddError("--split-dir gives the split; --split-mode, --validation-from and --test-from make one: use one or the other");
        if (hasDates && result.GetResult(_mode)?.GetValueOrDefault<string?>() == SplitTimes.Arrival)
            result.AddError("--validation-from and --test-from have no meaning with --split-mode arrival");
    }

    private static Option<string> Data(string needs) =>
        new("--data") { Description = "Folder of events.csv, users.csv and items.csv, each plain or .gz" + needs, HelpName = "DIR", Required = true };

    private static Option<DateTimeOffset?> Date(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DATE",
        CustomParser = result =>
        {
            if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset date))
                return date;
            result.AddError($"{name} '{result.Tokens[0].Value}' is no date; write it as 2025-09-01");
            return null;
        },
    };
}

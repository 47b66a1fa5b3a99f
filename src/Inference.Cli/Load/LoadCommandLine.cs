using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Cli.Verbs;
using Inference.Towers.Import;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>The options of `load`, and what they mean.</summary>
internal sealed class LoadCommandLine
{
    private readonly Option<string> _address = ServerOptions.NewAddress();
    private readonly Option<double[]> _rates = new("--rps") { Description = "Requests per second that are offered, whether or not the server keeps up: one rate, a list 500,1000,2000, or a range 500:3000:500 (from, to, step), one run each", HelpName = "N", CustomParser = ParseRates, DefaultValueFactory = _ => [1000] };
    private readonly Option<double[]?> _search = new("--search") { Description = "Instead of --rps: find the highest rate between the two at which 99 of 100 answers come within --slo, to 3 %", HelpName = "FROM:TO", CustomParser = ParseSearch };
    private readonly Option<TimeSpan> _duration = Durations.Option("--duration", "How long to measure, each rate", TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(12));
    private readonly Option<TimeSpan> _warmUp = Durations.Option("--warmup", "How long to send before that without measuring; before the second rate and later ones at most a second", TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromMinutes(10));
    private readonly Option<long> _requests = Numbers.Option("--requests", "Most requests to measure, each rate", 1_000_000_000L, 1, 1_000_000_000);
    private readonly Option<int> _connections = Numbers.Option("--connections", "HTTP/2 connections; requests go round", 4, 1, 1000);
    private readonly Option<Arrivals> _arrivals = new("--arrivals") { Description = "poisson: as independent users come; constant: at equal distances", HelpName = "poisson|constant", CustomParser = ParseArrivals };
    private readonly Option<TrafficMix?> _mix = new("--mix") { Description = "Shares of the kinds of requests: warm, cold, session, filtered, similar, events, stream, as in warm=70,cold=10,session=10,filtered=5,events=5. --context then goes with cold and session only, --filter with filtered only", HelpName = "KIND=SHARE,…", CustomParser = ParseMix };
    private readonly Option<string?> _usersFile = new("--users-file") { Description = "File of user ids, one per line or the first column of a CSV file; the first are the most active", HelpName = "FILE" };
    private readonly Option<int> _users = Numbers.Option("--users", "Instead of a file: this many users u1, u2, …, as the demo world has them", 1000, 0, 10_000_000);
    private readonly Option<string> _prefix = new("--user-prefix") { Description = "What stands before the number in the ids of --users", HelpName = "TEXT", DefaultValueFactory = _ => "u" };
    private readonly Option<int> _items = Numbers.Option("--items", "Sessions, events and questions for similar items are about this many items i1, i2, …", 2000, 1, 10_000_000);
    private readonly Option<string> _itemPrefix = new("--item-prefix") { Description = "What stands before the number in the ids of --items", HelpName = "TEXT", DefaultValueFactory = _ => "i" };
    private readonly Option<double> _zipf = Numbers.Option("--zipf", "Skew of users and items: the weight of the nth is n to the power of minus this", 0.9, 0, 3);
    private readonly Option<bool> _inOrder = new("--in-order") { Description = "Known users ask one after another rather than by their activity" };
    private readonly Option<double> _cold = Numbers.Option("--cold", "Share of requests from users never seen before, where there is no --mix", 0.0, 0, 1);
    private readonly Option<string[]> _context = ContextOption.Option("A context feature of all requests; several values of one name are drawn from");
    private readonly Option<int> _limit = RecommendVerb.LimitOption();
    private readonly Option<string> _surface = RecommendVerb.SurfaceOption();
    private readonly Option<bool> _explain = new("--explain") { Description = "Ask for reasons" };
    private readonly Option<string> _filter = RecommendVerb.FilterOption();
    private readonly Option<int> _sessionItems = Numbers.Option("--session-items", "Recent items of a session", 3, 1, 100);
    private readonly Option<int> _eventsPerCall = Numbers.Option("--events-per-call", "Events of one RecordEvents call", 1, 1, 100);
    private readonly Option<TimeSpan> _deadline = Durations.Option("--deadline", "Deadline that the server is told for each request, and after which an answer counts as none; questions of a stream have none of their own", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
    private readonly Option<TimeSpan> _goal = Durations.Option("--slo", "Answers that take no longer are good", TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMinutes(1));
    private readonly Option<int> _maxInFlight = Numbers.Option("--max-in-flight", "Requests that may wait for their answers at once; beyond it they count as not sent", 10_000, 1, 1_000_000);
    private readonly Option<TimeSpan> _interval = Durations.Option("--interval", "Length of an interval of the series in the JSON", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
    private readonly Option<ulong> _seed = Numbers.Option("--seed", "Names the chance in arrivals, kinds, users, items and context", 1UL, 0UL, ulong.MaxValue);
    private readonly Option<string[]> _headers = LoadHeaders.Option();
    private readonly Option<double> _maxP99 = Numbers.Option("--max-p99", "Exit with 1 when the 99th percentile is above this many milliseconds", double.PositiveInfinity, 0, double.MaxValue);
    private readonly Option<double> _maxErrors = Numbers.Option("--max-errors", "Exit with 1 when a greater share of the requests gets no answer", 1.0, 0, 1);
    private readonly Option<string?> _histogram = new("--hgrm") { Description = "Also write the percentiles of the last run for the plotters of HdrHistogram, in milliseconds", HelpName = "FILE" };
    private readonly Option<string?> _json = JsonFile.Option();

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[]
        {
            _address, _rates, _search, _duration, _warmUp, _requests, _connections, _arrivals, _mix, _usersFile, _users, _prefix, _items, _itemPrefix, _zipf, _inOrder, _cold, _context, _surface, _limit, _explain, _filter, _sessionItems, _eventsPerCall,
            _deadline, _goal, _maxInFlight, _interval, _seed, _headers, _maxP99, _maxErrors, _histogram, _json,
        })
        {
            command.Add(option);
        }

        ServerAccess.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_usersFile) is not null && result.GetResult(_users) is { Implicit: false })
                result.AddError("--users and --users-file cannot go together");
            if (result.GetResult(_mix) is not null && result.GetResult(_cold) is { Implicit: false })
                result.AddError("--mix and --cold cannot go together");
            // A mix that is none is complained of already, and has no value.
            if (result.GetResult(_mix) is { Tokens: [var text] } && TrafficMix.Parse(text.Value, out _) is { } mix && mix.Kinds.Contains(LoadKind.Filtered) && string.IsNullOrEmpty(result.GetValue(_filter)))
                result.AddError("--mix has filtered requests; say by which --filter");
            if (result.GetResult(_search) is not null && result.GetResult(_rates) is { Implicit: false })
                result.AddError("--rps and --search cannot go together");
        });
    }

    public LoadArguments Read(ParseResult parsed, TimeProvider time)
    {
        TrafficMix? mix = parsed.GetValue(_mix);
        NumberedIds users = parsed.GetValue(_usersFile) is { } file ? new NumberedIds(ReadUsers(file)) : new NumberedIds(parsed.GetRequiredValue(_prefix), parsed.GetValue(_users));
        double[] rates = parsed.GetRequiredValue(_rates);
        double[]? search = parsed.GetValue(_search);
        return new LoadArguments
        {
            Rates = rates,
            Search = search is [double from, double to] ? (from, to) : null,
            Options = new LoadOptions
            {
                Rate = rates[0],
                Arrivals = parsed.GetValue(_arrivals),
                Duration = parsed.GetValue(_duration),
                WarmUp = parsed.GetValue(_warmUp),
                MaxRequests = parsed.GetValue(_requests),
                Deadline = parsed.GetValue(_deadline),
                MaxInFlight = parsed.GetValue(_maxInFlight),
                Seed = parsed.GetValue(_seed),
                Goal = parsed.GetValue(_goal),
                Interval = parsed.GetValue(_interval),
            },
            Mix = new MixOptions
            {
                Traffic = mix ?? TrafficMix.Of(parsed.GetValue(_cold)),
                Users = users,
                Items = new NumberedIds(parsed.GetRequiredValue(_itemPrefix), parsed.GetValue(_items)),
                Zipf = parsed.GetValue(_zipf),
                Context = ContextChoices(parsed.GetRequiredValue(_context)),
                IsContextForAll = mix is null,
                Limit = parsed.GetValue(_limit),
                Explain = parsed.GetValue(_explain),
                Surface = parsed.GetRequiredValue(_surface),
                Filter = parsed.GetRequiredValue(_filter),
                IsFilterForAll = mix is null,
                SessionItems = parsed.GetValue(_sessionItems),
                EventsPerCall = parsed.GetValue(_eventsPerCall),
                InOrder = parsed.GetValue(_inOrder),
                Seed = parsed.GetValue(_seed),
                RunId = time.GetUtcNow().ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture),
            },
            Address = parsed.GetRequiredValue(_address),
            Connections = parsed.GetValue(_connections),
            Headers = LoadHeaders.Of(parsed.GetRequiredValue(_headers)),
            Access = ServerAccess.Of(parsed),
            MaxP99Milliseconds = parsed.GetValue(_maxP99),
            MaxErrorShare = parsed.GetValue(_maxErrors),
            HistogramFile = parsed.GetValue(_histogram),
            JsonFile = parsed.GetValue(_json),
        };
    }

    private static List<(string Name, FeatureValue[] Values)> ContextChoices(string[] pairs)
    {
        var choices = new SortedDictionary<string, List<FeatureValue>>(StringComparer.Ordinal);
        foreach (string pair in pairs)
        {
            if (!ContextOption.TryParse(pair, out string name, out FeatureValue value))
                continue;
            if (!choices.TryGetValue(name, out List<FeatureValue>? values))
                choices.Add(name, values = []);
            values.Add(value);
        }

        return [.. choices.Select(choice => (choice.Key, choice.Value.ToArray()))];
    }

    private static List<string> ReadUsers(string path)
    {
        var ids = new List<string>();
        using var csv = new CsvReader(path, hasHeader: false);
        while (csv.Read())
        {
            string id = csv[0];
            if (id.Length > 0 && !(ids.Count == 0 && id == "user_id"))
                ids.Add(id);
        }

        return ids.Count > 0 ? ids : throw new CommandFailedException($"'{path}' has no user ids.");
    }

    private static string TextOf(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : "";

    private static Arrivals ParseArrivals(ArgumentResult result)
    {
        string text = TextOf(result);
        if (text is "poisson" or "constant")
            return text == "constant" ? Arrivals.Constant : Arrivals.Poisson;
        result.AddError($"--arrivals is poisson or constant, not '{text}'");
        return default;
    }

    private static double[] ParseRates(ArgumentResult result)
    {
        double[]? rates = RateSteps.Parse(TextOf(result), out string error);
        if (rates is null)
            result.AddError("--rps: " + error);
        return rates ?? [];
    }

    private static double[]? ParseSearch(ArgumentResult result)
    {
        string[] parts = TextOf(result).Split(':');
        if (parts.Length == 2 && double.TryParse(parts[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double from) && double.TryParse(parts[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double to)
            && from >= RateSteps.Least && to <= RateSteps.Most && from <= to)
        {
            return [from, to];
        }

        result.AddError($"--search '{TextOf(result)}' is no pair of rates like 500:20000");
        return null;
    }

    private static TrafficMix? ParseMix(ArgumentResult result)
    {
        TrafficMix? mix = TrafficMix.Parse(TextOf(result), out string error);
        if (mix is null)
            result.AddError("--mix: " + error);
        return mix;
    }
}

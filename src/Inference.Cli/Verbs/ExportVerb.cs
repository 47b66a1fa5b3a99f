using System.CommandLine;
using System.Security.Cryptography;
using Inference.Cli.Client;
using Inference.Cli.Export;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Verbs;

/// <summary>`export`: asks a running server what to show to each user of a list and writes the answers to a file.</summary>
internal static class ExportVerb
{
    private const string Pipe = "-";

    public static Verb Create(CommandHost host)
    {
        Option<string> address = ServerOptions.NewAddress();
        var users = new Option<string>("--users") { Description = "File of users: an id per line, or a JSON object with user_id, context and recent_item_ids; - is standard input", HelpName = "FILE", Required = true };
        var output = new Option<string>("--out") { Description = "File for the answers, a line per user in the order of the users; FILE.export.json beside it says what it answers", HelpName = "FILE", Required = true };
        var format = new Option<string>("--format") { Description = "jsonl: an object per user; csv: a header, and lists joined by |", HelpName = "jsonl|csv", DefaultValueFactory = _ => "jsonl" };
        format.AcceptOnlyFromAmong("jsonl", "csv");
        Option<int> limit = RecommendVerb.LimitOption();
        var surface = new Option<string>("--surface") { Description = "Surface of the server's configuration that answers; absent: the server's default way", HelpName = "NAME", DefaultValueFactory = _ => "" };
        Option<string> filter = RecommendVerb.FilterOption();
        Option<string[]> context = ContextOption.Option("A context feature of all users, for example country=DE; that of a user's line goes before it");
        var explain = new Option<bool>("--explain") { Description = "Say why each item is shown; only with --format jsonl" };
        var includeSeen = new Option<bool>("--include-seen") { Description = "Items of a user's history may be returned" };
        var version = new Option<string>("--model-version") { Description = "Version of the model that must answer; absent: whatever serves, and each line says which", HelpName = "VERSION", DefaultValueFactory = _ => "" };
        var resume = new Option<bool>("--resume") { Description = "Go on behind the last whole line of the file; begin where there is none" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace the file" };
        Option<int> concurrency = Numbers.Option("--concurrency", "Users that may be on their way at once", 128, 1, 10_000);
        Option<TimeSpan> timeout = Durations.Option("--timeout", "How long an answer may take before the stream is begun again", TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        Option<TimeSpan> giveUp = Durations.Option("--give-up-after", "How long to try again while no answer comes", TimeSpan.FromMinutes(5), TimeSpan.Zero, TimeSpan.FromDays(1));
        Option<string?> json = JsonFile.Option();

        var command = new Command("export", "Ask a running server what to show to each user of a list, into a file")
        {
            users, output, format, limit, surface, filter, context, explain, includeSeen, version, resume, overwrite, address, concurrency, timeout, giveUp, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(explain) && result.GetValue(format) == "csv")
                result.AddError("--explain goes with --format jsonl alone");
            if (result.GetValue(resume) && result.GetValue(overwrite))
                result.AddError("--resume and --overwrite cannot go together");
            if (result.GetValue(resume) && result.GetValue(users) == Pipe)
                result.AddError("--resume needs a file of users: standard input cannot be read again");
            if (result.GetValue(output) == Pipe)
                result.AddError("--out must be a file: an export that breaks off goes on behind its last line");
            if (result.GetValue(output) is { } path && Path.GetExtension(path) is ".gz" or ".zst" or ".br")
                result.AddError($"--out: '{path}' would be compressed, which cannot be gone on with behind a torn line; compress the file when it is whole");
        });
        ServerAccess.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var question = new ExportQuestion
            {
                Limit = parsed.GetValue(limit), Surface = parsed.GetRequiredValue(surface), Filter = parsed.GetRequiredValue(filter), Context = Pairs(parsed.GetRequiredValue(context)),
                Explain = parsed.GetValue(explain), IncludeSeen = parsed.GetValue(includeSeen), ModelVersion = parsed.GetRequiredValue(version),
            };
            string usersFile = parsed.GetRequiredValue(users), path = parsed.GetRequiredValue(output);
            string? jsonFile = parsed.GetValue(json);
            OutputPath.CheckFile("--out", path);
            OutputPath.CheckFile("--json", jsonFile);
            if (usersFile != Pipe && !File.Exists(usersFile))
                throw new CommandFailedException($"--users: there is no file '{usersFile}'.");

            using var connection = new ServerConnection(parsed.GetRequiredValue(address), ServerAccess.Of(parsed));
            await ProbeAsync(connection, question, host, cancellationToken);
            LineFormat lines = parsed.GetRequiredValue(format) == "csv" ? new CsvLines() : new JsonLines();
            (ExportFile file, UserSource source) = await OpenAsync(usersFile, path, question, lines, parsed.GetValue(resume), parsed.GetValue(overwrite), host, cancellationToken);
            using (file)
            using (source)
            using (lines as IDisposable)
            {
                var tally = new ExportTally { Before = file.Lines, ErrorsBefore = file.Errors };
                var stream = new ExportStream(connection.Client, source, parsed.GetValue(concurrency), parsed.GetValue(timeout), host.Time);
                var run = new ExportRun(stream, file, lines, tally, source.MayWait ? TimeSpan.Zero : TimeSpan.FromSeconds(1), parsed.GetValue(giveUp), host);
                try
                {
                    await WithProgressAsync(host, run, source, cancellationToken);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    host.Error.WriteLine(usersFile == Pipe ? "stopped" : "stopped; --resume goes on behind the last line");
                }

                if (!JsonFile.IsInsteadOfTable(jsonFile))
                    tally.Show(host, path);
                await JsonFile.WriteAsync(host, jsonFile, tally.Json, CancellationToken.None);
                return tally.IsComplete && tally.Errors == 0 ? ExitCode.Ok : ExitCode.Failed;
            }
        });
        return new Verb(
            command,
            "inference export --users users.txt --out slates.jsonl --limit 20",
            "inference export --users users.txt --out slates.jsonl --limit 20 --resume",
            "inference export --users users.jsonl --out slates.csv --format csv --surface home --filter 'stock > 0' --json summary.json",
            "psql -Atc 'select id from users' | inference export --users - --out slates.jsonl");
    }

    /// <summary>One question before any file is touched: tells at once when there is no server, or the question is one that it refuses.</summary>
    private static async Task ProbeAsync(ServerConnection connection, ExportQuestion question, CommandHost host, CancellationToken cancellationToken)
    {
        RecommendRequest probe = question.About("", "");
        await connection.CallAsync((client, options) => client.RecommendAsync(probe, options), TimeSpan.FromSeconds(10), host.Time, cancellationToken);
    }

    /// <summary>The file with what it holds already, and the users behind that.</summary>
    private static async Task<(ExportFile File, UserSource Users)> OpenAsync(
        string usersFile, string path, ExportQuestion question, LineFormat lines, bool resume, bool overwrite, CommandHost host, CancellationToken cancellationToken)
    {
        SortedDictionary<string, string> asked = question.Describe();
        asked["format"] = lines.Name;
        asked["users_sha256"] = usersFile == Pipe ? "" : await UserSource.HashAsync(usersFile, cancellationToken);
        // Killed between making the file and saying what it answers, an export has written nothing yet.
        bool isThere = File.Exists(path) && (new FileInfo(path).Length > 0 || File.Exists(ExportTicket.PathFor(path)));
        if (isThere && !resume && !overwrite)
            throw new CommandFailedException($"--out: '{path}' is there already. --resume goes on with it, --overwrite replaces it.");

        var ticket = new ExportTicket(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)), asked);
        if (isThere && resume)
        {
            ticket = ExportTicket.Read(path);
            ticket.Check(path, asked);
        }

        UserSource users = usersFile == Pipe ? UserSource.OfPipe(host.Input, question, ticket.Run) : UserSource.OfFile(usersFile, question, ticket.Run);
        ExportFile? file = null;
        try
        {
            if (isThere && resume)
            {
                file = ExportFile.Resume(path, lines);
                ExportUser? last = await users.SkipAsync(file.Lines, cancellationToken);
                if (file.Lines > 0 && (last is null || !file.LastLineBegins(lines.BeginOf(last.Id))))
                    throw new CommandFailedException($"--resume: line {file.Lines} of '{path}' is not of the user who stands there in '{usersFile}'. --overwrite begins anew.");
            }
            else
            {
                // The file first: it is locked, and empty before anything says what is in it.
                file = ExportFile.Create(path, lines);
                ticket.Write(path);
            }

            return (file, users);
        }
        catch
        {
            file?.Dispose();
            users.Dispose();
            throw;
        }
    }

    private static Task<bool> WithProgressAsync(CommandHost host, ExportRun run, UserSource source, CancellationToken cancellationToken) => host.WithProgressAsync(async begin =>
    {
        IProgress<double> progress = begin("asking");
        Task ended = run.RunAsync(cancellationToken);
        while (!ended.IsCompleted)
        {
            progress.Report(source.Done);
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(200), host.Time, CancellationToken.None));
        }

        await ended;
        return true;
    });

    private static List<(string Name, FeatureValue Value)> Pairs(string[] pairs)
    {
        var read = new SortedDictionary<string, FeatureValue>(StringComparer.Ordinal);
        foreach (string pair in pairs)
        {
            if (ContextOption.TryParse(pair, out string name, out FeatureValue value))
                read[name] = value;
        }

        return [.. read.Select(pair => (pair.Key, pair.Value))];
    }
}

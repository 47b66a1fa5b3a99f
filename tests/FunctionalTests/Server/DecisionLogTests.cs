using System.Diagnostics;
using FunctionalTests.Storage;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Inference.Recommendations.Users;
using Inference.Storage.Decisions;
using Inference.Training.OffPolicy;
using Recsys.V1;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>What a server writes down, `replay` can read.</summary>
public sealed class DecisionLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("decisions-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Replay_OfWhatAServerDecided_FindsEveryDecisionAndClick()
    {
        const int requests = 120;
        await using (RunningServer server = await StartAsync())
        {
            var events = new EventService.EventServiceClient(server.Channel);
            for (int i = 0; i < requests; i++)
            {
                RecommendResponse reply = await server.Recommendations.RecommendAsync(new RecommendRequest { RequestId = $"r{i}", UserId = $"user {i}", Limit = 5, RecentItemIds = { $"i{i % 7}" } });
                if (i % 3 == 0)
                    await events.RecordEventsAsync(new RecordEventsRequest { Events = { Click($"user {i}", $"r{i}", reply.Items[4].ItemId, 5) } });
            }

            await server.Recommendations.RecommendAsync(new RecommendRequest { RequestId = "without chance", Limit = 1 });
        }

        CliRun run = await CliRun.Of("replay", "--log", _folder, "--policy", "softmax:temperature=1", "--min-effective", "20", "--min-rewards", "5");

        Assert.True(run.Code == 0, run.Error);
        Assert.Contains("120 decisions, 0 of them without chance in such slots; 40 events", run.Output, StringComparison.Ordinal);
        Assert.Contains("120 slots of 120 users, 40 rewarded", run.Output, StringComparison.Ordinal);
        Assert.Contains("as logged", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not used", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForgetUser_TakesTheUserOutOfTheFiles()
    {
        await using RunningServer server = await StartAsync();
        var events = new EventService.EventServiceClient(server.Channel);
        RecommendResponse reply = await server.Recommendations.RecommendAsync(new RecommendRequest { RequestId = "r", UserId = "anna", Limit = 5 });
        await events.RecordEventsAsync(new RecordEventsRequest { Events = { Click("anna", "r", reply.Items[4].ItemId, 5) } });
        UserKey anna = new Inference.Storage.StateOptions().ToKeyRing().Of("anna").Key;
        string key = FormattableString.Invariant($"{anna.High:x16}{anna.Low:x16}");
        await UntilAsync(text => text.Split(key).Length == 3);

        await events.ForgetUserAsync(new ForgetUserRequest { UserId = "anna" });

        await UntilAsync(text => !text.Contains(key, StringComparison.Ordinal) && text.Split(new string('0', 32)).Length == 3);
    }

    [Fact]
    public async Task Kill_OfTheProcess_LosesNothingThatWasWritten()
    {
        string bundle = await RunningServer.WriteBundleAsync();
        string address = $"127.0.0.1:{RedisProcess.FreePort()}";
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Inference.Server.dll"), "--bundle", bundle, $"--grpc={address}", "--http=127.0.0.1:0", "--Inference:Loading:CacheFolder=",
            $"--Inference:Decisions:Folder={_folder}", "--Inference:Exploration:Policy=Softmax",
        ];
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            using GrpcChannel channel = GrpcChannel.ForAddress($"http://{address}");
            var recommendations = new RecommendationService.RecommendationServiceClient(channel);
            await UntilAsync(async () => await IsAnsweredAsync(recommendations));
            for (int i = 0; i < 200; i++)
                await recommendations.RecommendAsync(new RecommendRequest { RequestId = $"r{i}", UserId = $"user {i}", Limit = 5 });
            await UntilAsync(() => Task.FromResult(string.Concat(DecisionFiles.In(_folder).Select(Read)).Contains("\"r150\"", StringComparison.Ordinal)));
        }
        finally
        {
            // SIGKILL: nothing is flushed, nobody says good-bye.
            process.Kill();
            await process.WaitForExitAsync();
            Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(bundle))!, recursive: true);
        }

        var read = new ReplayLog([], new ReplayOptions());
        LogFolder.Read(_folder, read, null, CancellationToken.None);

        Assert.InRange(read.Counts.Decisions, 151, 202);
        Assert.Equal((0, 0), (read.Counts.BadLines, read.Counts.DuplicateDecisions));
        Assert.InRange(read.Counts.CutShort, 0, 1);
    }

    private static async Task<bool> IsAnsweredAsync(RecommendationService.RecommendationServiceClient recommendations)
    {
        try
        {
            await recommendations.RecommendAsync(new RecommendRequest { RequestId = "first", Limit = 5 });
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await holds())
            await Task.Delay(50, patience.Token);
    }

    private Task<RunningServer> StartAsync() => RunningServer.StartAsync(options =>
    {
        options.Decisions.Folder = _folder;
        options.Exploration.Policy = Inference.Recommendations.Exploration.ExplorationPolicy.Softmax;
    });

    private async Task UntilAsync(Func<string, bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds(string.Concat(DecisionFiles.In(_folder).Select(Read))))
            await Task.Delay(10, patience.Token);
    }

    private static string Read(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static Event Click(string user, string request, string item, int slot) => new()
    {
        EventId = $"click {request}", UserId = user, ItemId = item, Type = EventType.Click, RequestId = request, Slot = slot, Time = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
    };
}

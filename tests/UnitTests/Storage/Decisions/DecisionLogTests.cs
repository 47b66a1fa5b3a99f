using System.Diagnostics.Metrics;
using System.Text;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Users;
using Inference.Storage.Decisions;
using Inference.Storage.Events;
using Inference.Training.OffPolicy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;
using UnitTests.Towers;
using UnitTests.Training.OffPolicy;
using Xunit;

namespace UnitTests.Storage.Decisions;

public sealed class DecisionLogTests : IAsyncDisposable
{
    private const string Policy = "softmax";
    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();
    private readonly DecisionMetrics _metrics;

    public DecisionLogTests() => _metrics = new DecisionMetrics(_services.GetRequiredService<IMeterFactory>());

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Close_WithDecisionsAndEvents_LeavesALineForEach()
    {
        await using DecisionLog log = Log();
        Decision decision = Draw(1);
        log.Add(decision);
        log.Add(TestLog.Click(decision));
        log.Add(TestLog.Click(decision) with { RequestId = "" });

        await log.CloseAsync(CancellationToken.None);

        string[] lines = await File.ReadAllLinesAsync(Assert.Single(Files()));
        Assert.Equal(Encoding.UTF8.GetString(TestLog.Lines(decision, TestLog.Click(decision))).TrimEnd().Split('\n'), lines);
        Assert.Equal((2, 0), (_metrics.Written, _metrics.Dropped));
    }

    [Fact]
    public void Append_OfADecision_WritesWhatReplayNeeds()
    {
        Decision decision = TestLog.Decision("r", Policy, 2, 1) with { User = new UserKey(0xAB, 0xCD) };

        string line = Encoding.UTF8.GetString(TestLog.Lines(decision)).TrimEnd();

        string tail = $$"""
            "choices":[{"slot":1,"type":"explore","policy":"softmax","temperature":0.5,"rate":0.05,"chosen":1,"items":[{"item_id":"a0","score":1,"shown":0,"clicked":0,"probability":{{Text(decision.Choices[0].Items[0].Probability)}}},{"item_id":"b0","score":-1,"shown":0,"clicked":0,"probability":{{Text(decision.Choices[0].Items[1].Probability)}}}]}]}
            """;
        Assert.StartsWith("{\"kind\":\"decision\",\"request_id\":\"r\",\"time\":\"2026-01-01T00:00:00Z\",\"user\":\"00000000000000ab00000000000000cd\",\"model\":\"m/1\",\"served_by\":\"user_tower\",\"known_events\":0,\"policy\":\"softmax\",\"slots\":[{\"item_id\":\"b0\",\"type\":\"explore\",\"score\":1,\"propensity\":", line, StringComparison.Ordinal);
        Assert.EndsWith(tail, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_OfMoreThanIsKept_LetsTheOldestFilesGo()
    {
        await using DecisionLog log = Log(options => (options.MaxFileBytes, options.MaxFiles) = (4_096, 3));
        int line = TestLog.Lines(Draw(1)).Length;
        for (int i = 0; i < 60; i++)
        {
            log.Add(Draw(i));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await log.CloseAsync(CancellationToken.None);

        Assert.InRange(Files().Length, 2, 3);
        Assert.All(Files(), file => Assert.InRange(new FileInfo(file).Length, 1, 4_096 + line));
        Assert.Contains("\"request 59\"", await File.ReadAllTextAsync(Files()[^1]), StringComparison.Ordinal);
        Assert.DoesNotContain("\"request 0\"", string.Concat(Files().Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_ToAFolderThatCannotBe_CountsAndGoesOnWhenItCan()
    {
        await File.WriteAllTextAsync(_folder["taken"], "a file where the folder is to be");
        await using DecisionLog log = Log(options => options.Folder = _folder["taken"]);
        log.Add(Draw(1));
        Assert.True(SpinWait.SpinUntil(() => _metrics.Dropped == 1, TimeSpan.FromSeconds(30)));

        File.Delete(_folder["taken"]);
        _time.Advance(TimeSpan.FromMinutes(2));
        log.Add(Draw(2));
        await log.CloseAsync(CancellationToken.None);

        Assert.Equal((1, 1), (_metrics.Written, _metrics.Dropped));
        Assert.Contains("request 2", await File.ReadAllTextAsync(Assert.Single(DecisionFiles.In(_folder["taken"]))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_OfMoreThanCanWait_LosesNoneUncounted()
    {
        await using DecisionLog log = Log(options => options.QueueLength = 16);
        Decision decision = Draw(1);

        for (int i = 0; i < 5_000; i++)
            log.Add(decision);
        await log.CloseAsync(CancellationToken.None);
        log.Add(decision);

        Assert.Equal(5_001, _metrics.Written + _metrics.Dropped);
        Assert.True(_metrics.Dropped > 0);
        Assert.Equal(_metrics.Written, (await File.ReadAllLinesAsync(Assert.Single(Files()))).Length);
    }

    [Fact]
    public async Task Forget_OfAUser_TakesTheKeyOutOfWhatWasWritten()
    {
        await using DecisionLog log = Log(options => (options.MaxFileBytes, options.MaxFiles) = (4_096, 50));
        UserKey anna = new(0x0123, 0x4567), ben = new(0x89AB, 0xCDEF);
        for (int i = 0; i < 30; i++)
        {
            log.Add(Draw(i) with { User = i % 3 == 0 ? anna : ben });
            log.Add(TestLog.Click(Draw(i)) with { User = new UserIdentity(i % 3 == 0 ? anna : ben) });
        }

        log.Forget(anna);
        await log.CloseAsync(CancellationToken.None);

        Assert.True(Files().Length > 1);
        string all = string.Concat(Files().Select(File.ReadAllText));
        Assert.Equal(40, all.Split(Hex(ben)).Length - 1);
        Assert.Equal(20, all.Split(new string('0', 32)).Length - 1);
        Assert.DoesNotContain(Hex(anna), all, StringComparison.Ordinal);
        var read = new ReplayLog([], TestLog.Lenient);
        LogFolder.Read(_folder.Path, read, null, CancellationToken.None);
        Assert.Equal((30, 0), (read.Counts.Decisions, read.Counts.BadLines));
    }

    [Fact]
    public async Task Add_WithoutUserKeys_NamesNobody()
    {
        await using DecisionLog log = Log(options => options.UserKeys = false);
        log.Add(Draw(1));

        await log.CloseAsync(CancellationToken.None);

        Assert.Contains("\"user\":\"\"", await File.ReadAllTextAsync(Assert.Single(Files())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_WhileTheFileIsRead_IsSeen()
    {
        await using DecisionLog log = Log();
        log.Add(Draw(1));
        Assert.True(SpinWait.SpinUntil(() => _metrics.Written == 1, TimeSpan.FromSeconds(30)));
        var read = new ReplayLog([], TestLog.Lenient);

        LogFolder.Read(_folder.Path, read, null, CancellationToken.None);

        Assert.Equal(1, read.Counts.Decisions);
    }

    [Fact]
    public async Task KeepHouse_AfterTheTimeThatFilesAreKept_RemovesThem()
    {
        await using (DecisionLog before = Log())
        {
            before.Add(Draw(1));
            await before.CloseAsync(CancellationToken.None);
        }

        File.SetLastWriteTimeUtc(Assert.Single(Files()), _time.GetUtcNow().UtcDateTime.AddDays(-31));
        await using DecisionLog log = Log();
        log.Add(Draw(2));
        await log.CloseAsync(CancellationToken.None);

        Assert.Contains("request 2", await File.ReadAllTextAsync(Assert.Single(Files())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_WithAShare_KeepsThatMuchOfWhatIsWithoutChance()
    {
        await using DecisionLog none = Log(), some = Log(options => options.Share = 0.25);

        Assert.True(none.Keeps("any", byChance: true));
        Assert.False(none.Keeps("any", byChance: false));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => some.Keeps($"request {i}", byChance: false)), 2_300, 2_700);
        Assert.Equal(some.Keeps("one", byChance: false), some.Keeps("one", byChance: false));
    }

    [Fact]
    public async Task Record_OfEventsThatNameRequests_BringsNewOnesToTheLog()
    {
        var world = new StorageWorld();
        await using DecisionLog log = Log();
        await using var events = new UserEvents(world.States, world.Counters, world.Options, world.Time, world.Metrics, NullLogger<UserEvents>.Instance, decisions: log);
        UserEvent click = world.Event(1, "item") with { RequestId = "r", Slot = 3 };

        await events.RecordAsync([click, click, world.Event(1, "item")], CancellationToken.None);
        await events.ForgetAsync(StorageWorld.User(1), CancellationToken.None);
        await log.CloseAsync(CancellationToken.None);

        string line = Assert.Single(await File.ReadAllLinesAsync(Assert.Single(Files())));
        Assert.Contains("\"request_id\":\"r\",\"slot\":3", line, StringComparison.Ordinal);
        Assert.Contains($"\"user\":\"{new string('0', 32)}\"", line, StringComparison.Ordinal);
    }

    private static Decision Draw(int number) => TestLog.Decision($"request {number}", Policy, 4, number % 4);

    private static string Hex(UserKey key) => FormattableString.Invariant($"{key.High:x16}{key.Low:x16}");

    private static string Text(double value) => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);

    private string[] Files() => DecisionFiles.In(_folder.Path);

    private DecisionLog Log(Action<DecisionOptions>? configure = null)
    {
        var options = new DecisionOptions { Folder = _folder.Path };
        configure?.Invoke(options);
        return new DecisionLog(options, _metrics, _time, NullLogger<DecisionLog>.Instance);
    }
}

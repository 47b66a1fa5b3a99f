using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Xml.Linq;
using Inference.Cli.Frame;
using Xunit;

namespace UnitTests.Cli.Evaluation;

public sealed class EvaluateVerbTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public async Task Evaluate_OfAllModels_WritesTableJsonAndReport()
    {
        using var folder = new TasteFolder();
        string json = folder.File("out.json"), html = folder.File("out.html");
        CliRun run = await CliRun.Of(folder.Evaluate("--json", json, "--html", html, "--details"));
        Assert.True(run.Code == ExitCode.Ok, run.Error);
        Assert.Contains("NDCG@10 (* best of its column)", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"0\.\d{4} \*", run.Output);

        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(json));
        JsonElement results = document.RootElement.GetProperty("results");
        foreach (string model in (string[])["random", "popularity", "popularity_recent", "popularity_demographic", "context_naive_bayes", "ease", "itemknn", "rules", "ials", "cluster_profile_ials", "ials_cluster_prior"])
        {
            JsonElement few = results.GetProperty(model).GetProperty("few_5");
            foreach (string metric in (string[])["ndcg@10", "recall@10", "recall_all@10", "recall@50", "recall_all@50", "hit@10", "mrr", "users", "coverage@10", "gini@10", "novelty@10", "ild@10"])
                Assert.Equal(JsonValueKind.Number, few.GetProperty(metric).ValueKind);
            Assert.Equal(2, few.GetProperty("ndcg@10_ci95").GetArrayLength());
        }

        double Ndcg(string model, string scenario) => results.GetProperty(model).GetProperty(scenario).GetProperty("ndcg@10").GetDouble();
        Assert.True(Ndcg("ease", "few_10") > Ndcg("popularity", "few_10"), "What users like shows in their events.");
        Assert.True(Ndcg("popularity", "few_10") > Ndcg("random", "few_10"), "Items are not equally popular.");
        Assert.True(results.GetProperty("random").TryGetProperty("cold_only", out _));
        Assert.True(document.RootElement.GetProperty("hyperparameters").GetProperty("ease").GetProperty("few").GetProperty("lam").GetDouble() > 0);
        Assert.NotEqual(0, document.RootElement.GetProperty("significance").GetProperty("warm").GetArrayLength());
        Assert.True(document.RootElement.GetProperty("exposure").GetProperty("ease").GetProperty("warm").GetProperty("kind").GetProperty("gini").GetDouble() >= 0);
        Assert.True(document.RootElement.GetProperty("seconds").GetProperty("all").GetDouble() > 0);

        XDocument page = XDocument.Parse((await File.ReadAllTextAsync(html)).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        Assert.InRange(page.Descendants(Svg + "svg").Count(), 6, 100);
        Assert.DoesNotContain("NaN", page.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href");
    }

    [Fact]
    public async Task Evaluate_WithTheHyperparametersOfARun_GivesItsResults()
    {
        using var folder = new TasteFolder(seed: 2);
        const string Models = "popularity_demographic,ease,itemknn,rules,ials,cluster_profile_ials,ials_cluster_prior";
        string first = folder.File("first.json"), second = folder.File("second.json");
        CliRun tuned = await CliRun.Of(folder.Evaluate("--models", Models, "--json", first));
        Assert.True(tuned.Code == ExitCode.Ok, tuned.Error);
        CliRun given = await CliRun.Of(folder.Evaluate("--models", Models, "--json", second, "--hyperparameters", first, "--threads", "1"));
        Assert.True(given.Code == ExitCode.Ok, given.Error);
        using JsonDocument a = JsonDocument.Parse(await File.ReadAllBytesAsync(first)), b = JsonDocument.Parse(await File.ReadAllBytesAsync(second));
        foreach (string part in (string[])["results", "hyperparameters", "significance", "exposure"])
            Assert.Equal(a.RootElement.GetProperty(part).GetRawText(), b.RootElement.GetProperty(part).GetRawText());
    }

    [Fact]
    public async Task Evaluate_WithTheHyperparametersOfModelsThatRestOnAnother_DoesNotNeedThatOne()
    {
        using var folder = new TasteFolder(seed: 6);
        string given = folder.File("given.json"), first = folder.File("first.json"), second = folder.File("second.json");
        const string Unlike = """{ "dim": 4, "lam": 0.1, "a0": 0.05 }""";
        await File.WriteAllTextAsync(given, $$"""{ "ials": { "few": {{Unlike}}, "warm": {{Unlike}}, "warm_last": null } }""");
        CliRun with = await CliRun.Of(folder.Evaluate("--models", "ials,cluster_profile_ials,ials_cluster_prior,content_to_ials_ridge", "--hyperparameters", given, "--json", first));
        Assert.True(with.Code == ExitCode.Ok, with.Error);
        CliRun without = await CliRun.Of(folder.Evaluate("--models", "cluster_profile_ials,ials_cluster_prior,content_to_ials_ridge", "--hyperparameters", first, "--json", second));
        Assert.True(without.Code == ExitCode.Ok, without.Error);
        using JsonDocument a = JsonDocument.Parse(await File.ReadAllBytesAsync(first)), b = JsonDocument.Parse(await File.ReadAllBytesAsync(second));
        foreach (JsonProperty model in b.RootElement.GetProperty("results").EnumerateObject())
            Assert.Equal(a.RootElement.GetProperty("results").GetProperty(model.Name).GetRawText(), model.Value.GetRawText());
        Assert.Equal(4, b.RootElement.GetProperty("hyperparameters").GetProperty("content_to_ials_ridge").GetProperty("als").GetProperty("dim").GetInt32());
    }

    [Fact]
    public async Task Evaluate_OfSessions_WritesTableJsonAndReport()
    {
        using var folder = new TasteFolder();
        string json = folder.File("out.json"), html = folder.File("out.html");
        CliRun run = await CliRun.Of(folder.Evaluate("--sessions", "--json", json, "--html", html));
        Assert.True(run.Code == ExitCode.Ok, run.Error);
        Assert.Contains("Clicks per session", run.Output, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(json));
        JsonElement policies = document.RootElement.GetProperty("in_session");
        Assert.Equal(["popularity_static", "random"], policies.EnumerateObject().Select(policy => policy.Name));
        Assert.Equal(0, policies.GetProperty("popularity_static").GetProperty("hits_lift_vs_popularity").GetDouble());
        double First(string policy) => policies.GetProperty(policy).GetProperty("hits_page1").GetDouble();
        Assert.True(First("popularity_static") > First("random"), "Items are not equally popular.");
        Assert.Equal(First("random"), policies.GetProperty("random").GetProperty("hits_by_page")[0].GetDouble());
        Assert.Equal(10, policies.GetProperty("random").GetProperty("hits_by_page").GetArrayLength());
        XDocument page = XDocument.Parse((await File.ReadAllTextAsync(html)).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        Assert.Single(page.Descendants(Svg + "svg"));
        Assert.DoesNotContain("NaN", page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_OfSessionsWithModels_SaysThatTheyHaveNoMeaning()
    {
        CliRun run = await CliRun.Of("evaluate", "--data", "nowhere", "--sessions", "--models", "ease");
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("--models has no meaning with --sessions", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--models", "popularity,eas", "there is no model 'eas'; did you mean 'ease'?")]
    [InlineData("--validation-from", "yesterday", "'yesterday' is no date")]
    [InlineData("--threads", "0", "--threads must be 1 to 1024")]
    public async Task Evaluate_WithAWrongOption_SaysWhatIsWrong(string option, string value, string complaint)
    {
        CliRun run = await CliRun.Of("evaluate", "--data", "nowhere", option, value);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_WithASplitThatIsGivenAndMade_SaysToUseOne()
    {
        CliRun run = await CliRun.Of("evaluate", "--data", "nowhere", "--split-dir", "there", "--split-mode", "time");
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("use one or the other", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_WithoutData_SaysWhatIsMissing()
    {
        CliRun run = await CliRun.Of("evaluate", "--data", "nowhere");
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Equal("error: There is no folder nowhere.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Evaluate_WithHyperparametersThatLackSome_SaysWhich()
    {
        using var folder = new TasteFolder(seed: 3);
        await File.WriteAllTextAsync(folder.File("h.json"), """{ "ease": { "few": { "lam": 100 }, "warm": { "lamda": 100 } } }""");
        CliRun run = await CliRun.Of(folder.Evaluate("--models", "ease", "--hyperparameters", folder.File("h.json")));
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("need a number at 'ease.warm.lam'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_OfDataWithBadRows_ListsThemAndWhatColumnsAreUsedAs()
    {
        using var folder = new TasteFolder(seed: 4);
        await File.AppendAllTextAsync(folder.File("events.csv"), string.Concat(Enumerable.Repeat("u1,i1,1,never\n", 7)));
        CliRun run = await CliRun.Of(folder.Evaluate("--models", "popularity"));
        Assert.True(run.Code == ExitCode.Ok, run.Error);
        Assert.Contains("bad rows  events: 7 of 9,607 left out", run.Output, StringComparison.Ordinal);
        Assert.Contains("          line 9602: the timestamp 'never' cannot be read as UnixSeconds", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("line 9607", run.Output, StringComparison.Ordinal);
        Assert.Matches("users.country +│ Category +│ +3 │ +0 │ category country, 3 of 3 values", run.Output);
        Assert.Matches("items.price +│ Real +│ +7 │ +0 │ number in", run.Output);

        CliRun strict = await CliRun.Of(folder.Evaluate("--models", "popularity", "--max-bad-rows", "0.0001"));
        Assert.Equal(ExitCode.Failed, strict.Code);
        Assert.Contains("7 of 9607 rows cannot be read", strict.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kind=k1:2 --bundle b", "--exposure-floor: 'kind=k1:2' has the share '2'")]
    [InlineData("is_new=true:0.1 --bundle b", "--exposure-floor: is_new means items that a server keeps slots for")]
    [InlineData("kind=k1:0.1", "--exposure-floor needs --bundle")]
    public async Task Evaluate_WithAFloorThatMakesNoSense_SaysWhy(string floor, string complaint)
    {
        CliRun run = await CliRun.Of(["evaluate", "--data", "nowhere", "--exposure-floor", .. floor.Split(' ')]);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bundle", "no-bundle", "no-bundle")]
    [InlineData("--server", "http://127.0.0.1:1", "no server answers at http://127.0.0.1:1")]
    [InlineData("--json", "no-folder/out.json", "--json: there is no folder")]
    [InlineData("--html", ".", "--html: '.' is a folder")]
    public async Task Evaluate_WithWhatCannotBeOpened_SaysSoBeforeItReadsTheData(string option, string value, string complaint)
    {
        CliRun run = await CliRun.Of("evaluate", "--data", "nowhere", option, value);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("nowhere", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_WithAServerThatIsSilent_GivesUpAfterTheTimeout()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        CliRun run = await CliRun.Of("evaluate", "--data", "nowhere", "--server", $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}", "--timeout", "50ms");
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("did not answer within 0.05 s; --timeout gives it more", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_OfModelsThatTheDataCannotMake_SaysWhy()
    {
        using var folder = new TasteFolder(seed: 5);
        File.Delete(folder.File("items.csv"));
        CliRun run = await CliRun.Of(folder.Evaluate("--models", "content_knn"));
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.StartsWith("error: None of the models can be made of these data: content_knn: nothing is known of items but their ids.", run.Error, StringComparison.Ordinal);
    }
}

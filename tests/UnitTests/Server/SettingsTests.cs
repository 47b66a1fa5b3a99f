using System.Collections;
using Inference.Server.Configuration;
using Inference.Server.Options;
using Inference.Towers;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server;

/// <summary>Files, environment and command line together, as the program reads them.</summary>
public sealed class SettingsTests : IDisposable
{
    private readonly string _program = Directory.CreateTempSubdirectory("settings-program").FullName;
    private readonly string _working = Directory.CreateTempSubdirectory("settings-working").FullName;
    private readonly List<string> _problems = [];

    public void Dispose()
    {
        Directory.Delete(_program, recursive: true);
        Directory.Delete(_working, recursive: true);
    }

    [Fact]
    public void Bind_WithNothingSet_GivesTheDefaults()
    {
        InferenceOptions options = Load();

        Assert.Empty(_problems);
        var defaults = new InferenceOptions();
        Assert.All(OptionCatalogue.Entries, entry => Assert.Equal(entry.ValueIn(defaults), entry.ValueIn(options)));
    }

    [Fact]
    public void Bind_WithEverySource_LetsTheLaterOneWin()
    {
        Write(_program, """{ "Inference": { "Recommend": { "DefaultLimit": 1, "MaxLimit": 11 }, "Server": { "StreamConcurrency": 2 } } }""");
        Write(_working, """{ "Inference": { "Recommend": { "DefaultLimit": 3 }, "Server": { "StreamConcurrency": 3, "DrainTime": "00:00:03" } } }""");

        InferenceOptions options = Load(
            ["--Inference:Recommend:DefaultLimit=5"], new() { ["Inference__Recommend__DefaultLimit"] = "4", ["INFERENCE__SERVER__DRAINTIME"] = "00:00:04" });

        Assert.Empty(_problems);
        Assert.Equal(5, options.Recommend.DefaultLimit);
        Assert.Equal(11, options.Recommend.MaxLimit);
        Assert.Equal(3, options.Server.StreamConcurrency);
        Assert.Equal(TimeSpan.FromSeconds(4), options.Server.DrainTime);
    }

    [Fact]
    public void Bind_WithAllKindsOfMistakes_ReportsAllOfThemAndWhereTheyAre()
    {
        Write(_program, """{ "Inference": { "Server": { "MaxReciveBytes": 5000 }, "Recommend": { "DefaultLimit": 500, "MaxLimit": 100 } }, "Loging": {} }""");

        Load(
            ["--Inference:Server:DrainTime=10", "--Inference:Telemetry:OtlpProtocol=thrift", "--Inference:Server:GrpcAddress=https://127.0.0.1:1"],
            new() { ["Inference__Server__StreamConcurrency"] = "many", ["Inference__Server__MaxStreamsPerConnection"] = "0", ["Inference__Telemetry__OtlpEndpoint"] = "localhost" });

        string[] expected =
        [
            "the section 'Loging' is unknown; did you mean Logging?",
            "Inference:Server:MaxReciveBytes (from " + Path.Combine(_program, "appsettings.json") + ") is unknown; did you mean Inference:Server:MaxReceiveBytes?",
            "Inference:Server:DrainTime = '10' (from the command line): a time as hh:mm:ss or hh:mm:ss.fff is expected.",
            "Inference:Server:StreamConcurrency = 'many' (from the environment variable Inference__Server__StreamConcurrency): a whole number is expected.",
            "Inference:Server:MaxStreamsPerConnection = '0' (from the environment variable Inference__Server__MaxStreamsPerConnection): it must be from 1 to 10000.",
            "Inference:Telemetry:OtlpProtocol = 'thrift' (from the command line): it must be one of grpc, http/protobuf.",
            "Inference:Server:GrpcAddress = 'https://127.0.0.1:1' (from the command line): an address has no scheme; Inference:Tls:Certificate turns TLS on.",
            "Inference:Telemetry:OtlpEndpoint = 'localhost' (from the environment variable Inference__Telemetry__OtlpEndpoint): it must be an http or https URL",
            "Inference:Recommend:DefaultLimit = '500' (from " + Path.Combine(_program, "appsettings.json") + "): DefaultLimit must not be above MaxLimit (100).",
        ];
        Assert.All(expected, line => Assert.Contains(_problems, problem => problem.Contains(line, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, _problems.Count);
    }

    [Fact]
    public void Read_WithABrokenFile_NamesFileAndLine()
    {
        Write(_program, "{\n  \"Inference\": {\n    \"Server\": oops\n  }\n}");

        Load();

        string problem = Assert.Single(_problems);
        Assert.StartsWith(Path.Combine(_program, "appsettings.json") + ", line 3: this is not JSON: ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WithAKeyTwiceInAFile_SaysSo()
    {
        Write(_program, """{ "Inference": { "Server": { "Reflection": true, "Reflection": false } } }""");

        Load();

        Assert.Contains("Inference:Server:Reflection", Assert.Single(_problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WithConfigFileThatIsMissing_SaysSo()
    {
        Load(["--config=nowhere.json"]);

        Assert.Equal([$"{Path.Combine(_working, "nowhere.json")}: there is no such file."], _problems);
    }

    [Fact]
    public void Read_WithConfigFile_PutsItAboveTheOthers()
    {
        Write(_working, """{ "Inference": { "Server": { "StreamConcurrency": 3 } } }""");
        File.WriteAllText(Path.Combine(_working, "mine.json"), """{ "Inference": { "Server": { "StreamConcurrency": 7 } } }""");

        Assert.Equal(7, Load(["--config", "mine.json"]).Server.StreamConcurrency);
        Assert.Empty(_problems);
    }

    [Fact]
    public void Bind_WithTheVariableThatAllOpenTelemetryProgramsRead_TakesItUnlessTheOptionIsSet()
    {
        Assert.Equal("http://collector:4317", Load([], new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4317" }).Telemetry.OtlpEndpoint);
        Assert.Equal("http://a:1", Load([], new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://b:2", ["Inference__Telemetry__OtlpEndpoint"] = "http://a:1" }).Telemetry.OtlpEndpoint);
    }

    [Theory]
    [InlineData("compact", true)]
    [InlineData("Compact", true)]
    [InlineData("hnsw", false)]
    [InlineData("9", false)]
    public void Bind_WithTheNameOfAKind_TakesItOrSaysWhichThereAre(string kind, bool isThere)
    {
        InferenceOptions options = Load([$"--Inference:Index:Kind={kind}"]);

        if (isThere)
            Assert.Equal(ItemIndexKind.Compact, options.Index.Kind);
        else
            Assert.Contains("one of Auto, Exact, Fast, Compact, GpuExact is expected", Assert.Single(_problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TargetRecall", "0.4", "from 0.5 to 1")]
    [InlineData("MemoryLimit", "-1", "from 0 to 1099511627776")]
    [InlineData("Threads", "1025", "from 0 to 1024")]
    public void Bind_WithIndexOptionsOutOfRange_SaysTheRange(string option, string value, string expected)
    {
        Load([$"--Inference:Index:{option}={value}"]);

        Assert.Contains(expected, Assert.Single(_problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_WithASectionThatIsAValue_SaysSo()
    {
        Load([], new() { ["Inference__Server"] = "5" });

        Assert.Contains("is a section", Assert.Single(_problems), StringComparison.Ordinal);
    }

    [Fact]
    public void ShippedFile_HoldsEveryOptionWithItsDefault()
    {
        File.Copy(Repository.PathOf("src/Inference.Server/appsettings.json"), Path.Combine(_program, "appsettings.json"));
        SettingsSources sources = SettingsSources.Read(CommandLine.Parse([]), new Hashtable(), _program, _working, _problems);
        OptionBinder.Bind(sources, new InferenceOptions(), _problems);

        Assert.Empty(_problems);
        var defaults = new InferenceOptions();
        Assert.All(OptionCatalogue.Entries, entry => Assert.Equal(entry.TextIn(defaults), sources.Configuration[entry.Key], ignoreCase: true));
    }

    private static void Write(string folder, string json) => File.WriteAllText(Path.Combine(folder, "appsettings.json"), json);

    private InferenceOptions Load(string[]? args = null, Hashtable? environment = null)
    {
        var options = new InferenceOptions();
        OptionBinder.Bind(SettingsSources.Read(CommandLine.Parse(args ?? []), environment ?? [], _program, _working, _problems), options, _problems);
        return options;
    }
}

using System.Collections;
using System.Text;
using Fuzz.Engine;
using Inference.Server.Configuration;
using Inference.Server.Options;

namespace Fuzz.Targets;

/// <summary>Command lines, an argument a line, as far as the options that they make: what is wrong is told in sentences, never thrown.</summary>
internal sealed class CommandLineTarget : FileTarget
{
    public override string Name => "command-line";

    public override int TestCases => 150;

    public override (long PerByte, long Free) MostAllocated => (64 << 10, 64 << 20);

    public override int MostBytes => 2_048;

    public override IReadOnlyList<string> Tokens =>
    [
        "--bundle", "--grpc", "--http", "--redis", "--otlp", "--config", "--check", "--help", "--version", "--", "=", "\n", "--Inference:Server:GrpcAddress=[::1]:0", "--Inference:Telemetry:OtlpHeaders=a=b,c", "--Inference:Telemetry:OtlpEndpoint=http://[",
        "--Inference:Index:Kind=Fast", "--Inference:Redis:Configuration=a:1,b:99999", "--Inference__Towers__MaxBatch=1e9", "0.0.0.0:65536", "unix:/a", "00:00:01", "-1", "NaN", "99999999999.00:00:00", "true", "--Logging:LogLevel:Default=None", "::", ":",
    ];

    public override IEnumerable<byte[]> Seeds() => new[]
    {
        "--grpc=127.0.0.1:0\n--http\n127.0.0.1:0\n--redis=127.0.0.1:6379\n--otlp=http://127.0.0.1:4317",
        "--Inference:Server:MaxReceiveBytes=1000000\n--Inference:Telemetry:OtlpHeaders=authorization=Bearer x\n--Inference:Telemetry:TraceSampling=0.5",
        "--check\n--bundle\n/models/shop/1\n--Inference:Towers:MaxBatch=8\n--Logging:LogLevel:Default=Warning",
    }.Select(Encoding.UTF8.GetBytes);

    public override bool Read(byte[] input)
    {
        // The system ends arguments with a zero byte, so they hold none.
        string[] arguments = Encoding.UTF8.GetString(input).Replace("\0", "", StringComparison.Ordinal).Split('\n');
        CommandLine line = CommandLine.Parse(arguments);
        var problems = new List<string>(line.Problems);
        OptionBinder.Bind(SettingsSources.Read(line, new Hashtable(), Folder, Folder, problems), new InferenceOptions(), problems);
        foreach (string problem in problems)
            FuzzException.Unless(problem.Length > 0, "a problem is empty");
        return problems.Count == 0;
    }
}

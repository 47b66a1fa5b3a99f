using System.Text;
using Fuzz.Engine;
using Inference.Server.Json;

namespace Fuzz.Targets;

/// <summary>Values of the header Request-Timeout.</summary>
internal sealed class RequestTimeoutTarget : FuzzTarget
{
    public override string Name => "http-timeout";

    public override int TestCases => 20_000;

    public override int MostBytes => 128;

    public override IReadOnlyList<string> Tokens => ["us", "ms", "s", "m", "1.5", "0", "-", "86400", "."];

    public override IEnumerable<byte[]> Seeds() => new[] { "500us", "50ms", "1.5s", "2m", "1440m" }.Select(Encoding.ASCII.GetBytes);

    public override bool Read(byte[] input)
    {
        if (!RequestTimeout.TryParse(Encoding.Latin1.GetString(input), out TimeSpan timeout))
            return false;
        FuzzException.Unless(timeout > TimeSpan.Zero && timeout <= TimeSpan.FromDays(1), "a timeout is out of range");
        return true;
    }
}

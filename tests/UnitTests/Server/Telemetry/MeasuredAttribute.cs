namespace UnitTests.Server.Telemetry;

/// <summary>An attribute of an instrument or a span.</summary>
/// <param name="Name">As OpenTelemetry has it.</param>
/// <param name="Values">All values that it can have; empty where <paramref name="Meaning"/> says what they are.</param>
/// <param name="Meaning">What it is, for values that are not words of this project: versions that are loaded, figures.</param>
internal sealed record MeasuredAttribute(string Name, string[] Values, string Meaning = "")
{
    public MeasuredAttribute(string name, string meaning)
        : this(name, [], meaning)
    {
    }
}

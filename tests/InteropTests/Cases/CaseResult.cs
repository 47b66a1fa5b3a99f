namespace InteropTests.Cases;

/// <summary>How a case went.</summary>
public enum CaseOutcome
{
    /// <summary>As its definition asks.</summary>
    Pass,

    /// <summary>As far as one of the two sides can express it; the detail says what is left out.</summary>
    Part,

    /// <summary>One of the two sides has no means for what the case is about; the detail says what it lacks.</summary>
    None,

    /// <summary>Against its definition; the detail says how.</summary>
    Fail,
}

/// <summary>A case's outcome, with the reason wherever it is not simply <see cref="CaseOutcome.Pass"/>.</summary>
public sealed record CaseResult(CaseOutcome Outcome, string Detail)
{
    public static CaseResult Pass { get; } = new(CaseOutcome.Pass, "");

    public static CaseResult Part(string leftOut) => new(CaseOutcome.Part, leftOut);

    public static CaseResult None(string lacking) => new(CaseOutcome.None, lacking);

    public static CaseResult Fail(string how) => new(CaseOutcome.Fail, how);
}

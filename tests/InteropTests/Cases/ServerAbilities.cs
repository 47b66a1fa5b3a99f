namespace InteropTests.Cases;

/// <summary>What a server can express of the cases about compression; null where it can, else why it cannot.</summary>
/// <param name="BlindToCompressedRequests">Why it cannot tell whether a request was compressed.</param>
/// <param name="LacksCompressedResponses">Why it cannot compress a response.</param>
internal sealed record ServerAbilities(string? BlindToCompressedRequests = null, string? LacksCompressedResponses = null)
{
    public bool SeesCompressedRequests => BlindToCompressedRequests is null;

    public bool CompressesResponses => LacksCompressedResponses is null;

    public void ThrowUnlessItSeesCompressedRequests()
    {
        if (BlindToCompressedRequests is { } reason)
        {
            throw new CannotExpressException(CaseResult.Part(reason));
        }
    }

    public void ThrowUnlessItCompressesResponses()
    {
        if (LacksCompressedResponses is { } reason)
        {
            throw new CannotExpressException(CaseResult.None(reason));
        }
    }
}

/// <summary>Ends a case that went as far as the two sides can express it.</summary>
internal sealed class CannotExpressException(CaseResult result) : Exception(result.Detail)
{
    public CaseResult Result { get; } = result;
}

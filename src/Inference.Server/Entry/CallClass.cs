namespace Inference.Server.Entry;

/// <summary>How urgent a call is when there is no room for all.</summary>
internal enum CallClass
{
    /// <summary>Health, reflection and what operators do: few, and never turned away.</summary>
    Control = 0,

    /// <summary>Somebody waits for the answer.</summary>
    Interactive,

    /// <summary>Work by the thousand that may wait, and goes first when there is no room.</summary>
    Bulk,
}

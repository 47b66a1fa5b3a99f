namespace Inference.Recommendations.Ports;

/// <summary>How a search on a device that did not fail ended.</summary>
public enum DeviceSearchOutcome
{
    /// <summary>The neighbours are there.</summary>
    Found,

    /// <summary>The index answers this one better: few rows are allowed, or so many are excluded that the device would have to hand over too much.</summary>
    Unsuited,

    /// <summary>The search's patience would have ended, or had ended, before the device could answer; nothing was computed for it.</summary>
    Late,

    /// <summary>Too many searches wait for the device already.</summary>
    Refused,
}

/// <summary>The end of a search on a device.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Found">How many neighbours were written.</param>
public readonly record struct DeviceSearchResult(DeviceSearchOutcome Outcome, int Found = 0);

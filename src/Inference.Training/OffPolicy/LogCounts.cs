namespace Inference.Training.OffPolicy;

/// <summary>What was found in a log.</summary>
public sealed class LogCounts
{
    /// <summary>Lines that were read.</summary>
    public long Lines { get; internal set; }

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Decisions.</summary>
    public long Decisions { get; internal set; }

    /// <summary>Decisions in which chance had no part of the kind that is judged.</summary>
    public long WithoutChance { get; internal set; }

    /// <summary>Events.</summary>
    public long Events { get; internal set; }

    /// <summary>Lines that are no decision and no event, or contradict themselves.</summary>
    public long BadLines { get; internal set; }

    /// <summary>Last lines of files that were cut short.</summary>
    public long CutShort { get; internal set; }

    /// <summary>Further decisions of a request; the first counts.</summary>
    public long DuplicateDecisions { get; internal set; }

    /// <summary>Further events of an id.</summary>
    public long DuplicateEvents { get; internal set; }

    /// <summary>Events whose request is not in the log.</summary>
    public long OrphanEvents { get; internal set; }

    /// <summary>Events outside the window of their decision.</summary>
    public long LateEvents { get; internal set; }

    /// <summary>Events that name a slot in which another item was.</summary>
    public long MismatchedEvents { get; internal set; }

    /// <summary>Events of slots that were not drawn.</summary>
    public long OtherSlots { get; internal set; }
}

using ChaosTests.Load;

namespace ChaosTests.Scenarios;

/// <summary>What a case did to the server.</summary>
internal sealed record ChaosResult
{
    public required ChaosCase Case { get; init; }

    public required TrafficPhase Before { get; init; }

    /// <summary>While it was being broken.</summary>
    public required TrafficPhase Breaking { get; init; }

    /// <summary>From the moment it was broken until the moment before it was mended.</summary>
    public required TrafficPhase During { get; init; }

    /// <summary>From the beginning of the mending until reads and events have recovered.</summary>
    public required TrafficPhase Recovering { get; init; }

    public required TrafficPhase After { get; init; }

    /// <summary>From the mending until a stranger's answer had no label.</summary>
    public required TimeSpan ReadsRecovered { get; init; }

    /// <summary>From the mending until an event that was recorded then was in the stream, behind all that had waited.</summary>
    public required TimeSpan EventsRecovered { get; init; }

    /// <summary>Confirmed events.</summary>
    public required int Events { get; init; }

    /// <summary>Those of them that were confirmed while it was broken.</summary>
    public required int EventsDuring { get; init; }

    /// <summary>Ids of events that should be in the stream and are not.</summary>
    public required IReadOnlyList<string> Lost { get; init; }

    /// <summary>Users whose history in Redis is not what was recorded, with the difference.</summary>
    public required IReadOnlyList<string> WrongHistories { get; init; }

    /// <summary>What the server under test did not do with Redis after it was mended; empty when it uses it again.</summary>
    public required IReadOnlyList<string> NotUsed { get; init; }

    /// <summary>All phases in which calls were answered.</summary>
    public IReadOnlyList<TrafficPhase> Phases => [Before, Breaking, During, Recovering, After];

    public override string ToString() =>
        $"""
        {Case.Name}: {Case.What}
          {string.Join("\n  ", Phases)}
          reads recovered after {ReadsRecovered.TotalMilliseconds:0} ms, events after {EventsRecovered.TotalMilliseconds:0} ms
          {Events} events, {EventsDuring} while broken, lost [{string.Join(", ", Lost.Take(10))}] ({Lost.Count})
          wrong histories [{string.Join("; ", WrongHistories.Take(3))}] ({WrongHistories.Count})
          not used [{string.Join("; ", NotUsed)}]
        """;
}

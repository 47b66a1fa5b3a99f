using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.MakeUp;

/// <summary>The memory in which one slate is made up: candidates as columns, best first. Grows to the largest slate it has seen and is used again. One request at a time.</summary>
internal sealed class MakeUpScratch
{
    /// <summary>Candidates, best first by score; pinned items that nobody found stand behind them.</summary>
    public Slate.Place[] Places = [];

    /// <summary>By candidate: score for the order, where candidates that fill up count as the lowest of the others.</summary>
    public double[] Scores = [];

    /// <summary>By candidate: score between 0, the lowest, and 1, the highest.</summary>
    public float[] Relevance = [];

    /// <summary>By candidate: cosine to the nearest item that is in the slate.</summary>
    public float[] Nearest = [];

    /// <summary>By candidate and dimension: vectors of length 1, or of length 0 where an item has none.</summary>
    public float[] Vectors = [];

    /// <summary>By candidate: 1 for popular items.</summary>
    public byte[] Popular = [];

    /// <summary>By candidate: whether it is in the slate.</summary>
    public bool[] Taken = [];

    /// <summary>By candidate: 1 + the cap that leaves no room for it; 0 where it may come.</summary>
    public byte[] Blocked = [];

    /// <summary>By candidate: the same for what this page alone holds, which counts where earlier pages have used a cap up.</summary>
    public byte[] BlockedHere = [];

    /// <summary>By cap and item of the pages before: value of the attribute.</summary>
    public int[] EarlierValues = [];

    /// <summary>Items of the pages before.</summary>
    public int EarlierCount;

    /// <summary>Vectors of the latest of them, as <see cref="Vectors"/>.</summary>
    public float[] EarlierVectors = [];

    /// <summary>How many of their vectors there are.</summary>
    public int EarlierVectorCount;

    /// <summary>By candidate: <see cref="Moves"/> that let it or others pass.</summary>
    public Moves[] Moved = [];

    /// <summary>By candidate: 1 + the cap that lets it or others pass; 0 where none does.</summary>
    public byte[] MovedBy = [];

    /// <summary>By candidate: its place before boosts, from 1; 0 for one that nobody found.</summary>
    public int[] Before = [];

    /// <summary>By cap and candidate: value of the attribute, as <see cref="AttributeNumbers"/> numbers it.</summary>
    public int[] Values = [];

    /// <summary>By cap: the attribute.</summary>
    public AttributeNumbers?[] Attributes = [];

    /// <summary>By place of the slate: the candidate that is there, or −1.</summary>
    public int[] Chosen = [];

    /// <summary>For sorting: the order.</summary>
    public Ranked[] Ranking = [];

    /// <summary>For sorting: candidates as they stood before.</summary>
    public Slate.Place[] Unsorted = [];

    /// <summary>Candidates.</summary>
    public int Count;

    /// <summary>Makes room.</summary>
    /// <param name="candidates">At most so many.</param>
    /// <param name="caps">Caps of attributes.</param>
    /// <param name="floats">Elements of all vectors; 0 where nobody asks for similarity.</param>
    public void Reserve(int candidates, int caps, int floats)
    {
        if (Places.Length < candidates)
        {
            int room = Math.Max(candidates, 256);
            Places = new Slate.Place[room];
            Scores = new double[room];
            Relevance = new float[room];
            Nearest = new float[room];
            Popular = new byte[room];
            Taken = new bool[room];
            Blocked = new byte[room];
            BlockedHere = new byte[room];
            Moved = new Moves[room];
            MovedBy = new byte[room];
            Before = new int[room];
            Chosen = new int[room];
            Ranking = new Ranked[room];
            Unsorted = new Slate.Place[room];
        }

        if (Values.Length < candidates * caps)
            Values = new int[Places.Length * caps];
        if (Attributes.Length < caps)
            Attributes = new AttributeNumbers?[caps];
        if (Vectors.Length < floats)
            Vectors = new float[floats];
        Taken.AsSpan(0, candidates).Clear();
        Blocked.AsSpan(0, candidates).Clear();
        BlockedHere.AsSpan(0, candidates).Clear();
        Moved.AsSpan(0, candidates).Clear();
        MovedBy.AsSpan(0, candidates).Clear();
        Chosen.AsSpan(0, candidates).Fill(-1);
        (Count, EarlierCount, EarlierVectorCount) = (0, 0, 0);
    }

    /// <summary>Makes room for the pages before.</summary>
    /// <param name="items">Their items.</param>
    /// <param name="caps">Caps of attributes.</param>
    /// <param name="floats">Elements of their vectors; 0 where nobody asks for similarity.</param>
    public void ReserveEarlier(int items, int caps, int floats)
    {
        if (EarlierValues.Length < items * caps)
            EarlierValues = new int[items * caps];
        if (EarlierVectors.Length < floats)
            EarlierVectors = new float[floats];
    }

    /// <summary>Lets go of what the slate was made from.</summary>
    public void Clear()
    {
        Places.AsSpan(0, Count).Clear();
        Unsorted.AsSpan(0, Count).Clear();
        Attributes.AsSpan().Clear();
    }

    /// <param name="Score">Its score for the order.</param>
    /// <param name="Candidate">Where it stood.</param>
    internal readonly record struct Ranked(double Score, int Candidate);
}

/// <summary>What lets candidates pass others that score higher.</summary>
[Flags]
internal enum Moves : byte
{
    None = 0,
    Diversity = 1,
    Cap = 2,
    Calibration = 4,
}

namespace Inference.Training.Demo;

/// <summary>A drawn shop: the truth, and what can be seen of it.</summary>
internal sealed class DemoWorld
{
    private DemoWorld(DemoOptions options, TasteSpace taste, DemoItems items, DemoUsers users)
    {
        Options = options;
        Taste = taste;
        Items = items;
        Users = users;
    }

    public DemoOptions Options { get; }

    public TasteSpace Taste { get; }

    public DemoItems Items { get; }

    public DemoUsers Users { get; }

    /// <summary>Draws a world. Work grows with items plus events, never with their product.</summary>
    /// <exception cref="ArgumentException">The options are out of range; the message lists everything.</exception>
    public static DemoWorld Draw(DemoOptions options)
    {
        IReadOnlyList<string> errors = options.Validate();
        if (errors.Count > 0)
            throw new ArgumentException(string.Join("; ", errors), nameof(options));
        var taste = new TasteSpace(options, DemoItems.BrandCount);
        DemoItems items = DemoItems.Create(options, taste);
        DemoUsers users = DemoUsers.Create(options, taste, new ItemSampler(items, taste));
        return new DemoWorld(options, taste, items, users);
    }

    /// <summary>The true ln P(user takes item), up to a constant of the user: what an all-knowing recommender would rank by.</summary>
    public double TrueScore(int user, int row) => Items.LogPopularity[row] + TasteSpace.Steepness * TasteSpace.Dot(Users.FactorsOf(user), Items.FactorsOf(row));
}

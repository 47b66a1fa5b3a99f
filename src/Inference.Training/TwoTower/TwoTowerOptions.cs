namespace Inference.Training.TwoTower;

/// <summary>How towers are trained. The defaults serve catalogues from hundreds to hundreds of thousands of items; what depends on the data is found on the validation part.</summary>
public sealed record TwoTowerOptions
{
    /// <value>Length of embeddings: a multiple of 16, 16 to 512. Default 128.</value>
    public int Dimension { get; init; } = 128;

    /// <value>Hidden units of each tower: a multiple of 16, 16 to 512. Default 64.</value>
    public int Hidden { get; init; } = 64;

    /// <value>Most history items that the user tower reads, the latest ones; 1 to 1,000. Default 50.</value>
    public int MaxHistory { get; init; } = 50;

    /// <value>Steps of the first phase at most, which learns what contexts say of users without history; 0 to 1,000,000. Default 500.</value>
    public int ContextSteps { get; init; } = 500;

    /// <value>Steps of the second phase at most, which moves all weights; 0 to 1,000,000. Default 400.</value>
    public int Steps { get; init; } = 400;

    /// <value>Users per step, 1 to 4,096. Default 256.</value>
    public int BatchSize { get; init; } = 256;

    /// <value>Peak of the learning rate. Default 0.002.</value>
    public double LearningRate { get; init; } = 0.002;

    /// <value>Learning rate of everything but contexts in the second phase, relative to that of contexts. Default 0.1.</value>
    public double ItemRate { get; init; } = 0.1;

    /// <value>Decay towards the values that training started from; 0 or more. Default 0.</value>
    public double Decay { get; init; }

    /// <value>Chance that an item is taken for a new one in a step, [0, 1). Default 0.1.</value>
    public double IdDropout { get; init; } = 0.1;

    /// <value>Chance that a context property of a user is taken for unknown, [0, 1). Default 0.15.</value>
    public double ContextDropout { get; init; } = 0.15;

    /// <value>The largest share of a history that is left out, drawn per user between 0 and this; [0, 1). Default 0.2.</value>
    public double HistoryDropout { get; init; } = 0.2;

    /// <value>Share of examples without any history, [0, 1]. Default 0.2.</value>
    public double EmptyShare { get; init; } = 0.2;

    /// <value>Share of examples with the first one to ten items of a user as history, [0, 1]; the rest has windows anywhere, of any length. Default 0.4.</value>
    public double FirstShare { get; init; } = 0.4;

    /// <value>Share of the teacher in the targets, [0, 1]; without effect when there is no teacher. Default 0.5.</value>
    public double TeacherShare { get; init; } = 0.5;

    /// <value>Whether the teacher also teaches the first phase, in which nobody has a history: for teachers that know contexts. Default false.</value>
    public bool IsTeacherAskedWithoutHistory { get; init; }

    /// <value>Steps over which weights are averaged, about; 0 for no average. Default 100.</value>
    public double AverageSteps { get; init; } = 100;

    /// <value>Most items of a softmax; larger catalogues are sampled. Default 20,000.</value>
    public int FullSoftmaxItems { get; init; } = 20_000;

    /// <value>Items that a sampled softmax draws beside the targets of the batch. Default 8,192.</value>
    public int SampledItems { get; init; } = 8_192;

    /// <value>Steps from one validation to the next. Default 50.</value>
    public int ValidationSteps { get; init; } = 50;

    /// <value>Validations without a better one after which training ends. Default 10, of each phase.</value>
    public int Patience { get; init; } = 10;

    /// <value>Powers of the number of users of an item by which its column is divided before factors are taken, each in [0, 1]; the validation part chooses. The first counts where there is none. Default 0.25, 0, 0.4.</value>
    public IReadOnlyList<double> FactorPowers { get; init; } = [0.25, 0, 0.4];

    /// <value>How strongly weak factors are damped: eigenvalue λ counts as λ ∕ (λ + this · smallest). The validation part chooses; the first counts where there is none. Default 8, 2, 32.</value>
    public IReadOnlyList<double> FactorDampings { get; init; } = [8, 2, 32];

    /// <value>Ridge of the maps from content to factors, relative to the mean energy of a content column. Default 1.</value>
    public double ContentRidge { get; init; } = 1;

    /// <value>Seed of everything. Default 1.</value>
    public ulong Seed { get; init; } = 1;

    /// <value>Threads; 0 for all processors. The result does not depend on it.</value>
    public int Threads { get; init; }

    internal static bool IsWidth(int width) => width is >= 16 and <= 512 && width % 16 == 0;

    internal static bool IsHistory(int length) => length is >= 1 and <= 1000;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="ArgumentException">All that is wrong.</exception>
    public void Check()
    {
        var problems = new List<string>();
        void Want(bool holds, string what)
        {
            if (!holds)
                problems.Add(what);
        }

        Want(IsWidth(Dimension), $"{nameof(Dimension)} is {Dimension}; it is a multiple of 16, 16 to 512.");
        Want(IsWidth(Hidden), $"{nameof(Hidden)} is {Hidden}; it is a multiple of 16, 16 to 512.");
        Want(IsHistory(MaxHistory), $"{nameof(MaxHistory)} is {MaxHistory}; it is 1 to 1,000.");
        Want(Steps is >= 0 and <= 1_000_000 && ContextSteps is >= 0 and <= 1_000_000, $"{nameof(Steps)} and {nameof(ContextSteps)} are {Steps} and {ContextSteps}; they are 0 to 1,000,000.");
        Want(BatchSize is >= 1 and <= 4096, $"{nameof(BatchSize)} is {BatchSize}; it is 1 to 4,096.");
        Want(LearningRate > 0 && double.IsFinite(LearningRate), $"{nameof(LearningRate)} is {LearningRate}; it is above 0.");
        Want(ItemRate > 0 && double.IsFinite(ItemRate), $"{nameof(ItemRate)} is {ItemRate}; it is above 0.");
        Want(Decay >= 0 && double.IsFinite(Decay), $"{nameof(Decay)} is {Decay}; it is 0 or more.");
        foreach ((string name, double share) in new[] { (nameof(IdDropout), IdDropout), (nameof(ContextDropout), ContextDropout), (nameof(HistoryDropout), HistoryDropout) })
            Want(share is >= 0 and < 1, $"{name} is {share}; it is in [0, 1).");
        Want(EmptyShare >= 0 && FirstShare >= 0 && EmptyShare + FirstShare <= 1, $"{nameof(EmptyShare)} and {nameof(FirstShare)} are {EmptyShare} and {FirstShare}; they are not negative, and their sum is not above 1.");
        Want(TeacherShare is >= 0 and <= 1, $"{nameof(TeacherShare)} is {TeacherShare}; it is in [0, 1].");
        Want(AverageSteps >= 0, $"{nameof(AverageSteps)} is {AverageSteps}; it is 0 or more.");
        Want(FullSoftmaxItems >= 1 && SampledItems >= 1, $"{nameof(FullSoftmaxItems)} and {nameof(SampledItems)} are {FullSoftmaxItems} and {SampledItems}; they are at least 1.");
        Want(ValidationSteps >= 1 && Patience >= 1, $"{nameof(ValidationSteps)} and {nameof(Patience)} are {ValidationSteps} and {Patience}; they are at least 1.");
        Want(FactorPowers.Count > 0 && FactorPowers.All(power => power is >= 0 and <= 1) && FactorDampings.Count > 0 && FactorDampings.All(damping => damping >= 0) && ContentRidge > 0, "Powers, dampings and ridge of the factors are in [0, 1], not negative, and above 0.");
        Want(Threads >= 0, $"{nameof(Threads)} is {Threads}; it is 0 or more.");
        if (problems.Count > 0)
            throw new ArgumentException(string.Join(Environment.NewLine, problems));
    }
}

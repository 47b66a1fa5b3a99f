using Inference.Training.Evaluation;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Models.Tuning;

/// <summary>What hyper-parameters are chosen by: NDCG@10 on the validation part. Where it has no users for a scenario, everything is worth 0 and the first choice stays.</summary>
public sealed class TuningGoals
{
    private static readonly IReadOnlyList<int> Shots = [1, 3, 5, 10];
    private readonly Judge _judge;
    private readonly Scenario[] _shots;
    private readonly Scenario _unseen;
    private readonly Scenario _warm;
    private readonly Scenario? _coldItems;
    private readonly CancellationToken _cancellationToken;

    /// <param name="split">The data.</param>
    /// <param name="contexts">What is known of users; null for nothing.</param>
    /// <param name="cancellationToken">Stops between users.</param>
    public TuningGoals(ColdSplit split, UserContexts? contexts, CancellationToken cancellationToken = default)
    {
        Split = split;
        Contexts = contexts;
        _cancellationToken = cancellationToken;
        _judge = new Judge(split, ContentVectors.Of(new IReadOnlyCollection<string>[split.Items.Count].Select(static _ => (IReadOnlyCollection<string>)[]).ToArray(), weighByRarity: false));
        _unseen = Scenarios.FewShots(split, EvaluationPart.Validation, 0, contexts);
        _shots = [.. Shots.Select(shots => Scenarios.FewShots(split, EvaluationPart.Validation, shots, contexts))];
        _warm = Scenarios.WarmUsers(split, EvaluationPart.Validation, contexts, Scenarios.MostUsersOfWarmTuning);
        if (split.Items.ColdValidation.GetOffsetAndLength(split.Items.Count).Length > 0)
            _coldItems = Scenarios.UnseenItems(split, EvaluationPart.Validation, contexts, mostUsers: MostUsersOfColdItems);
    }

    public const int MostUsersOfColdItems = 800;

    public ColdSplit Split { get; }

    public UserContexts? Contexts { get; }

    /// <summary>Of users without events.</summary>
    public double Unseen(RankingModel model) => Worth(model, _unseen);

    /// <summary>Mean over users with 1, 3, 5 and 10 events.</summary>
    public double FewShots(RankingModel model)
    {
        double sum = 0;
        foreach (Scenario scenario in _shots)
            sum += Worth(model, scenario);
        return sum / _shots.Length;
    }

    /// <summary>Of training users.</summary>
    /// <param name="model">The model.</param>
    /// <param name="last">How much of the history it is shown; null for all.</param>
    public double Warm(RankingModel model, int? last = null) => Worth(RecentHistory.Of(model, last), _warm);

    /// <summary>Of items that appeared after training, ranked among themselves.</summary>
    public double ColdItems(RankingModel model) => _coldItems is null ? 0 : Worth(model, _coldItems);

    private double Worth(RankingModel model, Scenario scenario) => scenario.Users.Count == 0 ? 0 : _judge.Ndcg10(model, scenario, _cancellationToken);
}

using System.Numerics.Tensors;
using Inference.Cli.Frame;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Cli.BundleDiff;

/// <summary>
/// Asks two bundles the same requests and compares what they answer.
/// <list type="number">
/// <item>both answer some requests that do not count, so that code and caches are warm</item>
/// <item>both answer each request, in turns A first and B first, one at a time: so a machine that gets slower or faster gets so for both. Times are of these answers</item>
/// <item>where the catalogues differ, both answer once more without the items that the other lacks: how alike the slates are is of these answers, because what the other model
/// cannot show says nothing of its ranking. What is served is told beside it</item>
/// <item>where both have one space, their vectors are compared too</item>
/// </list>
/// </summary>
internal sealed class DiffRun
{
    private const int WarmUp = 50, MostVectors = 1_000;

    private readonly DiffSide _a, _b;
    private readonly DiffOptions _options;
    private readonly IReadOnlyList<DiffScenario> _scenarios;
    private readonly SlateComparer _comparer = new();
    private readonly string[] _both, _onlyInA, _onlyInB;
    private readonly HashSet<string> _lackedByB, _lackedByA;

    /// <exception cref="CommandFailedException">The catalogues have no item in common, or a gate asks for what no request can tell.</exception>
    public DiffRun(DiffSide a, DiffSide b, IReadOnlyList<DiffScenario> scenarios, DiffOptions options)
    {
        (_a, _b, _scenarios, _options) = (a, b, scenarios, options);
        string[] idsOfA = IdsOf(a.Snapshot), idsOfB = IdsOf(b.Snapshot);
        _onlyInA = [.. idsOfA.Where(id => !b.Snapshot.Items.TryGetRow(id, out _))];
        _onlyInB = [.. idsOfB.Where(id => !a.Snapshot.Items.TryGetRow(id, out _))];
        _both = [.. idsOfA.Where(id => b.Snapshot.Items.TryGetRow(id, out _))];
        (_lackedByB, _lackedByA) = ([.. _onlyInA], [.. _onlyInB]);
        if (_both.Length == 0)
        {
            throw new CommandFailedException(
                $"The bundles have no item in common, so there is nothing to compare: A has items like '{idsOfA.FirstOrDefault()}', B like '{idsOfB.FirstOrDefault()}'.");
        }

        if (options.Gates.Any && !scenarios.Any(scenario => scenario.ReachesTower))
            throw new CommandFailedException("No request reaches the towers, so the gates cannot be held against anything: bundle A has no users. --users FILE names some.");
    }

    /// <param name="begin">Begins a step that is shown to people.</param>
    public async Task<DiffReport> RunAsync(Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        var towers = new ScenarioTally("all of the towers", _options.Cutoffs);
        var reports = new List<ScenarioReport>();
        foreach (DiffScenario scenario in _scenarios)
        {
            var tally = new ScenarioTally(scenario.Name, _options.Cutoffs);
            IProgress<double> progress = begin(scenario.Name);
            await RunAsync(scenario, scenario.ReachesTower ? [tally, towers] : [tally], progress, cancellationToken);
            reports.Add(tally.Report(_a.Snapshot.Items.Count, _b.Snapshot.Items.Count));
        }

        SideReport a = _a.Report(), b = _b.Report();
        SpaceRelation relation = RelationOf(a.Model, b.Model);
        bool compares = relation == SpaceRelation.Same && a.Model.Dimension == b.Model.Dimension;
        bool reachesTowers = _scenarios.Any(scenario => scenario.ReachesTower);
        return new DiffReport
        {
            A = a,
            B = b,
            Relation = relation,
            UserVectors = compares && reachesTowers ? await CompareUsersAsync(cancellationToken) : null,
            ItemVectors = compares ? CompareItems() : null,
            ItemsInBoth = _both.Length,
            Cutoffs = _options.Cutoffs,
            Scenarios = reports,
            Towers = reachesTowers ? towers.Report(a.Items, b.Items) : null,
            Warnings = [.. WarningsOf(a, b, relation, reachesTowers)],
        };
    }

    public static SpaceRelation RelationOf(ModelIdentity a, ModelIdentity b) =>
        a.EmbeddingSpaceId == b.EmbeddingSpaceId ? SpaceRelation.Same
        : b.ParentSpaceId == a.EmbeddingSpaceId ? SpaceRelation.ChildOfA
        : a.ParentSpaceId == b.EmbeddingSpaceId ? SpaceRelation.ParentOfA
        : a.ParentSpaceId.Length > 0 && a.ParentSpaceId == b.ParentSpaceId ? SpaceRelation.Siblings
        : SpaceRelation.Unrelated;

    private async Task RunAsync(DiffScenario scenario, ScenarioTally[] tallies, IProgress<double> progress, CancellationToken cancellationToken)
    {
        foreach (RecommendQuery query in scenario.Queries.Take(WarmUp))
        {
            await _a.AskAsync(query, isMeasured: false, cancellationToken);
            await _b.AskAsync(query, isMeasured: false, cancellationToken);
        }

        for (int i = 0; i < scenario.Queries.Count; i++)
        {
            RecommendQuery query = scenario.Queries[i];
            (RecommendReply a, RecommendReply b) = await AskBothAsync(query, query, isAFirst: i % 2 == 0, scenario.ReachesTower, cancellationToken);
            SlateSimilarity similarity = _comparer.Compare(a.Items, b.Items);
            foreach (ScenarioTally tally in tallies)
                tally.AddServed(_comparer.Alignment, a, b, _lackedByB, _lackedByA);
            if (_onlyInA.Length + _onlyInB.Length > 0)
            {
                (a, b) = await AskBothAsync(
                    DiffScenario.Without(query, _onlyInA), DiffScenario.Without(query, _onlyInB), isAFirst: true, isMeasured: false, cancellationToken);
                similarity = _comparer.Compare(a.Items, b.Items);
            }

            foreach (ScenarioTally tally in tallies)
                tally.AddCompared(_comparer.Alignment, similarity);
            progress.Report((i + 1.0) / scenario.Queries.Count);
        }
    }

    private async ValueTask<(RecommendReply A, RecommendReply B)> AskBothAsync(RecommendQuery ofA, RecommendQuery ofB, bool isAFirst, bool isMeasured, CancellationToken cancellationToken)
    {
        if (isAFirst)
        {
            RecommendReply first = await _a.AskAsync(ofA, isMeasured, cancellationToken);
            return (first, await _b.AskAsync(ofB, isMeasured, cancellationToken));
        }

        RecommendReply second = await _b.AskAsync(ofB, isMeasured, cancellationToken);
        return (await _a.AskAsync(ofA, isMeasured, cancellationToken), second);
    }

    private async Task<VectorReport> CompareUsersAsync(CancellationToken cancellationToken)
    {
        double sum = 0, least = double.PositiveInfinity;
        long count = 0;
        foreach (RecommendQuery query in _scenarios.Where(scenario => scenario.ReachesTower).SelectMany(scenario => scenario.Queries).Take(MostVectors))
        {
            float[] ofA = await _a.EmbedAsync(query, cancellationToken), ofB = await _b.EmbedAsync(query, cancellationToken);
            float cosine = TensorPrimitives.CosineSimilarity(ofA, ofB);
            sum += cosine;
            least = Math.Min(least, cosine);
            count++;
        }

        return new VectorReport(count, sum / count, least);
    }

    private VectorReport CompareItems()
    {
        double sum = 0, least = double.PositiveInfinity;
        long count = 0;
        float[] ofA = new float[_a.Snapshot.Model.Dimension], ofB = new float[ofA.Length];
        string[] sample = [.. _both];
        new Random(_options.Seed).Shuffle(sample);
        foreach (string id in sample.Take(MostVectors))
        {
            if (!TryCopy(_a.Snapshot, id, ofA) || !TryCopy(_b.Snapshot, id, ofB))
                continue;
            float cosine = TensorPrimitives.CosineSimilarity(ofA, ofB);
            sum += cosine;
            least = Math.Min(least, cosine);
            count++;
        }

        return new VectorReport(count, sum / count, least);
    }

    private static bool TryCopy(Snapshot snapshot, string id, float[] vector) => snapshot.Items.TryGetRow(id, out int row) && snapshot.Index.TryCopyVector(row, vector);

    private static string[] IdsOf(Snapshot snapshot) => [.. Enumerable.Range(0, snapshot.Items.Rows.RowCount).Where(snapshot.Items.Rows.Contains).Select(snapshot.Items.IdOf)];

    private IEnumerable<string> WarningsOf(SideReport a, SideReport b, SpaceRelation relation, bool reachesTowers)
    {
        if (!reachesTowers)
            yield return "there are no users with histories or features, so nothing reached the towers; --users FILE names some.";
        if (relation == SpaceRelation.Same && a.Model.Dimension != b.Model.Dimension)
            yield return $"both say that they have the space '{a.Model.EmbeddingSpaceId}', but one has {a.Model.Dimension} dimensions and the other {b.Model.Dimension}: one of them is wrong.";
        foreach (DiffScenario scenario in _scenarios.Where(scenario => scenario.ReachesTower && scenario.Queries.Count < Math.Min(100, _options.Requests)))
            yield return FormattableString.Invariant($"'{scenario.Name}' has {scenario.Queries.Count} requests only; means of so few vary a lot.");
    }
}

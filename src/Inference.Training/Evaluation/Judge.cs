using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation;

/// <summary>
/// Judges models by full ranking, as the protocol "coldsplit-v1" says: score descending, then item index ascending, excluded items last, 64-bit floats. Users are judged side by side; results do not depend on
/// the number of threads. Safe for concurrent use.
/// </summary>
public sealed class Judge
{
    /// <summary>Length of the slates that most metrics read.</summary>
    public const int SlateLength = 10;

    /// <summary>How deep a ranking is laid out.</summary>
    internal const int Depth = 50;

    private const int Resamples = 1_000;
    private readonly ContentVectors _content;
    private readonly double[] _novelty;
    private readonly int _threads;

    /// <param name="split">The data that scenarios are made of.</param>
    /// <param name="content">Content of its items, by item index, for diversity.</param>
    /// <param name="threads">Threads at most; by default one per core.</param>
    /// <exception cref="ArgumentException">The content is of other items.</exception>
    public Judge(ColdSplit split, ContentVectors content, int? threads = null)
    {
        if (content.Count != split.Items.Count)
            throw new ArgumentException($"There is content of {content.Count} items, not of {split.Items.Count}.", nameof(content));
        _content = content;
        _novelty = [.. split.Items.TrainingUsers.Select(users => -Math.Log2(Math.Max(users, 1) / (double)Math.Max(split.TrainingUserIds.Count, 1)))];
        _threads = threads ?? Environment.ProcessorCount;
    }

    /// <summary>Everything about a model in a scenario.</summary>
    /// <exception cref="ArgumentException">The scenario has no users, or asks for cold items that the model cannot score.</exception>
    /// <exception cref="InvalidDataException">The model gives scores that are not finite.</exception>
    public ScenarioResult Evaluate(RankingModel model, Scenario scenario, CancellationToken cancellationToken = default)
    {
        long begun = Stopwatch.GetTimestamp();
        int users = scenario.Users.Count;
        var scores = new UserScores[users];
        double[] diversity = new double[users];
        int[] slates = new int[users * SlateLength];
        ForEachUser(model, scenario, (user, scratch) =>
        {
            Span<int> slate = slates.AsSpan(user * SlateLength, SlateLength);
            scores[user] = UserScores.Of(model, scenario, user, scratch, slate);
            int filled = slate.IndexOf(-1);
            diversity[user] = _content.Diversity(filled < 0 ? slate : slate[..filled], scratch.TermSums);
        }, cancellationToken);

        // What follows is added up in the order of the users, whoever judged them.
        int[] exposures = new int[scenario.Candidates.ScoreLength];
        double novelty = 0;
        long places = 0;
        foreach (int item in slates)
        {
            if (item < 0)
                continue;
            exposures[item]++;
            novelty += _novelty[item];
            places++;
        }

        double[] ndcg = new double[users];
        double recall10 = 0, recallAll10 = 0, recall50 = 0, recallAll50 = 0, hits = 0, reciprocal = 0;
        for (int user = 0; user < users; user++)
        {
            UserScores one = scores[user];
            ndcg[user] = one.Ndcg10;
            recall10 += one.Hits10 / (double)Math.Min(SlateLength, one.Targets);
            recallAll10 += one.Hits10 / (double)one.Targets;
            recall50 += one.Hits50 / (double)Math.Min(Depth, one.Targets);
            recallAll50 += one.Hits50 / (double)one.Targets;
            hits += one.Hits10 > 0 ? 1 : 0;
            reciprocal += 1.0 / one.FirstRank;
        }

        (double coverage, double gini) = Spread(exposures, scenario.Candidates);
        var metrics = new ScenarioMetrics
        {
            Users = users,
            Skipped = scenario.Skipped,
            Ndcg10 = ndcg.Sum() / users,
            Ndcg10Interval = Bootstrap.Interval(Bootstrap.Means([ndcg], Resamples)[0]),
            Recall10 = recall10 / users,
            RecallAll10 = recallAll10 / users,
            Recall50 = recall50 / users,
            RecallAll50 = recallAll50 / users,
            Hit10 = hits / users,
            Mrr = reciprocal / users,
            Coverage10 = coverage,
            Gini10 = gini,
            Novelty10 = places == 0 ? 0 : novelty / places,
            Ild10 = diversity.Sum() / users,
        };
        return new ScenarioResult(model.Name, scenario, metrics, ndcg, exposures, Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>NDCG@10 alone, for tuning: the same number as <see cref="Evaluate"/> gives, without what it takes to say how sure it is.</summary>
    /// <exception cref="ArgumentException">As of <see cref="Evaluate"/>.</exception>
    /// <exception cref="InvalidDataException">As of <see cref="Evaluate"/>.</exception>
    public double Ndcg10(RankingModel model, Scenario scenario, CancellationToken cancellationToken = default)
    {
        double[] ndcg = new double[scenario.Users.Count];
        ForEachUser(model, scenario, (user, scratch) => ndcg[user] = UserScores.Of(model, scenario, user, scratch, default).Ndcg10, cancellationToken);
        return ndcg.Sum() / ndcg.Length;
    }

    private void ForEachUser(RankingModel model, Scenario scenario, Action<int, JudgeScratch> judge, CancellationToken cancellationToken)
    {
        if (scenario.Users.Count == 0)
            throw new ArgumentException($"The scenario '{scenario.Name}' has no users with targets.", nameof(scenario));
        if (scenario.NeedsColdItems && !model.ScoresColdItems)
            throw new ArgumentException($"The model '{model.Name}' cannot score the cold items of '{scenario.Name}'.", nameof(model));
        var options = new ParallelOptions { MaxDegreeOfParallelism = _threads, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(
                0,
                scenario.Users.Count,
                options,
                () => new JudgeScratch(scenario.Candidates.ScoreLength, _content.TermCount),
                (user, _, scratch) =>
                {
                    judge(user, scratch);
                    return scratch;
                },
                static _ => { });
        }
        catch (AggregateException several)
        {
            // One of them says enough: they come from the same model.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    /// <summary>Share of the candidates that were shown, and the Gini coefficient of how often; zeros where nothing was.</summary>
    private static (double Coverage, double Gini) Spread(int[] exposures, CandidateItems candidates)
    {
        int[] sorted = new int[candidates.Count];
        int count = 0;
        foreach ((int start, int end) in candidates.Ranges)
        {
            exposures.AsSpan(start, end - start).CopyTo(sorted.AsSpan(count));
            count += end - start;
        }

        Array.Sort(sorted);
        int shown = 0;
        double weighted = 0;
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            shown += sorted[i] > 0 ? 1 : 0;
            weighted += (2.0 * (i + 1) - count - 1) * sorted[i];
            sum += sorted[i];
        }

        return sum == 0 ? (0, 0) : (shown / (double)count, weighted / (count * sum));
    }
}

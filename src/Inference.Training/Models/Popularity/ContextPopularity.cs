using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>Popularity among the training users with the same context, shrunk towards that among all: r(i|g) = (n_gi + m·p_i) ∕ (n_g + m).</summary>
public sealed class ContextPopularity : RankingModel
{
    private readonly UserContexts _contexts;
    private readonly int[] _fields;
    private readonly double[] _shares;
    private readonly double _smoothing;
    private readonly Dictionary<long, (int Users, int[] Items, int[] Counts)> _groups;

    private ContextPopularity(UserContexts contexts, int[] fields, double[] shares, double smoothing, Dictionary<long, (int Users, int[] Items, int[] Counts)> groups)
    {
        _contexts = contexts;
        _fields = fields;
        _shares = shares;
        _smoothing = smoothing;
        _groups = groups;
    }

    public override string Name => "popularity_demographic";

    /// <summary>The fields whose values form the groups, by place in <see cref="UserContexts.Fields"/>.</summary>
    public IReadOnlyList<int> Fields => _fields;

    /// <param name="split">Fitted on its training lists.</param>
    /// <param name="contexts">Of training users and of those that are to be scored.</param>
    /// <param name="fields">Places of the fields that form groups; none makes one group of all.</param>
    /// <param name="smoothing">m: how many users of average taste each group is given; above 0.</param>
    public static ContextPopularity Fit(ColdSplit split, UserContexts contexts, IReadOnlyList<int> fields, double smoothing)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(smoothing);
        int[] chosen = [.. fields], codes = TrainingContexts.Of(split, contexts);
        int width = contexts.Fields.Count, items = split.Items.TrainingCount;
        var members = new SortedDictionary<long, List<int>>();
        for (int user = 0; user < split.Training.Count; user++)
        {
            long group = Group(contexts, chosen, codes.AsSpan(user * width, width));
            if (!members.TryGetValue(group, out List<int>? users))
                members.Add(group, users = []);
            users.Add(user);
        }

        var groups = new Dictionary<long, (int Users, int[] Items, int[] Counts)>();
        int[] counts = new int[items];
        foreach ((long group, List<int> users) in members)
        {
            foreach (int user in users)
            {
                foreach (int item in split.Training[user])
                    counts[item]++;
            }

            int[] touched = [.. Enumerable.Range(0, items).Where(item => counts[item] > 0)];
            groups.Add(group, (users.Count, touched, Array.ConvertAll(touched, item => counts[item])));
            counts.AsSpan().Clear();
        }

        return new ContextPopularity(contexts, chosen, TrainingContexts.Shares(split), smoothing, groups);
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        ReadOnlySpan<int> codes = _contexts[user.User];
        if (codes.IsEmpty || !_groups.TryGetValue(Group(_contexts, _fields, codes), out var group))
        {
            _shares.CopyTo(scores);
            return;
        }

        double weight = group.Users + _smoothing;
        for (int item = 0; item < _shares.Length; item++)
            scores[item] = _smoothing * _shares[item] / weight;
        for (int i = 0; i < group.Items.Length; i++)
            scores[group.Items[i]] = (group.Counts[i] + _smoothing * _shares[group.Items[i]]) / weight;
    }

    private static long Group(UserContexts contexts, int[] fields, ReadOnlySpan<int> codes)
    {
        long group = 0;
        foreach (int field in fields)
            group = checked(group * contexts.Fields[field].Codes + codes[field]);
        return group;
    }
}

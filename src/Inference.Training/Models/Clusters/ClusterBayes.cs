using System.Numerics.Tensors;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>
/// A mixture of clusters of training users. Which cluster a user is of follows from context and events by Bayes' rule; items are scored by the rates of the clusters.
/// <list type="number">
/// <item>ln w_c = ln π_c + w·Σ_f t_f(v, c) + τ·Σ_clicked ln q(i|c), normalised; π_c = (n_c + 1) ∕ (N + K), t_f(v, c) = ln((n_c,f=v + 20π_c) ∕ (n_f=v + 20)) − ln π_c.</item>
/// <item>q(i|c) = (n_ci + m_q·q_i) ∕ (Σ_i n_ci + m_q): of all events of the cluster, the share that is item i.</item>
/// <item>score(i) = Σ_c w_c·r(i|c); r(i|c) = (n_ci + m·p_i) ∕ (n_c + m): the share of the cluster's users that have item i.</item>
/// </list>
/// </summary>
public sealed class ClusterBayes : RankingModel
{
    private const double ContextSmoothing = 20;
    private readonly UserContexts? _contexts;
    private readonly ClusterBayesOptions _options;
    private readonly double[] _logPriors;
    private readonly float[] _rates;
    private readonly float[] _logShares;
    private readonly double[]?[][] _lifts;
    private readonly int _items;

    private ClusterBayes(UserContexts? contexts, ClusterBayesOptions options, double[] logPriors, float[] rates, float[] logShares, double[]?[][] lifts, int items)
    {
        (_contexts, _options, _logPriors, _rates, _logShares, _lifts, _items) = (contexts, options, logPriors, rates, logShares, lifts, items);
    }

    public override string Name => "cluster_profile";

    public int Clusters => _logPriors.Length;

    public ClusterBayesOptions Options => _options;

    /// <param name="split">Fitted on its training lists.</param>
    /// <param name="contexts">Of training users and of those that are to be scored; null where nothing is known.</param>
    /// <param name="labels">Cluster of each training user.</param>
    /// <param name="clusters">Number of clusters.</param>
    /// <param name="options">How to fit.</param>
    public static ClusterBayes Fit(ColdSplit split, UserContexts? contexts, ReadOnlySpan<int> labels, int clusters, ClusterBayesOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Smoothing);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.LikelihoodSmoothing);
        int items = split.Items.TrainingCount;
        double[] shares = TrainingContexts.Shares(split), sizes = new double[clusters], events = new double[clusters];
        double[] counts = new double[clusters * items];
        for (int user = 0; user < labels.Length; user++)
        {
            sizes[labels[user]]++;
            events[labels[user]] += split.Training[user].Length;
            foreach (int item in split.Training[user])
                counts[labels[user] * items + item]++;
        }

        double total = Math.Max(TensorPrimitives.Sum<double>(shares), 1e-12);
        float[] rates = new float[counts.Length], logShares = new float[counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            int cluster = i / items;
            double share = shares[i % items];
            rates[i] = (float)((counts[i] + options.Smoothing * share) / (sizes[cluster] + options.Smoothing));
            logShares[i] = (float)Math.Log((counts[i] + options.LikelihoodSmoothing * share / total) / (events[cluster] + options.LikelihoodSmoothing));
        }

        double[] logPriors = Array.ConvertAll(sizes, size => Math.Log((size + 1) / (split.Training.Count + clusters)));
        return new ClusterBayes(contexts, options, logPriors, rates, logShares, contexts is null ? [] : ContextLifts(split, contexts, labels, logPriors), items);
    }

    /// <summary>The same clusters, read in another way.</summary>
    /// <param name="clickWeight">τ.</param>
    /// <param name="contextWeight">How much context says.</param>
    public ClusterBayes With(double clickWeight, double contextWeight) =>
        new(_contexts, _options with { ClickWeight = clickWeight, ContextWeight = contextWeight }, _logPriors, _rates, _logShares, _lifts, _items);

    /// <summary>r(i|c) by item.</summary>
    public ReadOnlySpan<float> Rates(int cluster) => _rates.AsSpan(cluster * _items, _items);

    /// <summary>The weights of the clusters for a user; they add up to 1.</summary>
    /// <param name="user">For whom.</param>
    /// <param name="weights">Receives <see cref="Clusters"/> weights.</param>
    public void Posterior(in RankingInput user, Span<double> weights)
    {
        Begin(user.User, weights);
        foreach (int item in user.History.Span)
        {
            if (item >= _items)
                continue;
            for (int cluster = 0; cluster < weights.Length; cluster++)
                weights[cluster] += _options.ClickWeight * _logShares[cluster * _items + item];
        }

        Normalise(weights);
    }

    /// <summary>The weights after a session of which it is known what was shown: Σ_clicked ln r(i|c) + Σ_passed ln(1 − r(i|c)), rates between 10⁻⁵ and 0.999.</summary>
    /// <param name="user">Place in the contexts; -1 where nothing is known.</param>
    /// <param name="clicked">Items that were clicked.</param>
    /// <param name="passed">Items that were surely seen and not clicked.</param>
    /// <param name="weights">Receives <see cref="Clusters"/> weights.</param>
    public void Posterior(int user, ReadOnlySpan<int> clicked, ReadOnlySpan<int> passed, Span<double> weights)
    {
        Begin(user, weights);
        for (int cluster = 0; cluster < weights.Length; cluster++)
        {
            foreach (int item in clicked)
                weights[cluster] += item < _items ? Math.Log(Clip(_rates[cluster * _items + item])) : 0;
            foreach (int item in passed)
                weights[cluster] += item < _items ? Math.Log(1 - Clip(_rates[cluster * _items + item])) : 0;
        }

        Normalise(weights);
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        Span<double> weights = stackalloc double[Clusters];
        Posterior(user, weights);
        Span<double> known = scores[.._items];
        known.Clear();
        for (int cluster = 0; cluster < weights.Length; cluster++)
        {
            ReadOnlySpan<float> rates = Rates(cluster);
            for (int item = 0; item < known.Length; item++)
                known[item] += weights[cluster] * rates[item];
        }
    }

    /// <summary>Log weights to weights. The largest is taken off first: a long history makes all of them too small to be told from zero.</summary>
    private static void Normalise(Span<double> weights)
    {
        TensorPrimitives.Subtract(weights, TensorPrimitives.Max<double>(weights), weights);
        TensorPrimitives.SoftMax<double>(weights, weights);
    }

    private static double Clip(double rate) => Math.Clamp(rate, 1e-5, 0.999);

    private static double[]?[][] ContextLifts(ColdSplit split, UserContexts contexts, ReadOnlySpan<int> labels, double[] logPriors)
    {
        int[] codes = TrainingContexts.Of(split, contexts);
        int fields = contexts.Fields.Count;
        double[]?[][] lifts = new double[]?[fields][];
        for (int field = 0; field < fields; field++)
        {
            lifts[field] = new double[]?[contexts.Fields[field].Codes];
            for (int user = 0; user < labels.Length; user++)
                (lifts[field][codes[user * fields + field]] ??= new double[logPriors.Length])[labels[user]]++;
            foreach (double[]? lift in lifts[field])
            {
                if (lift is null)
                    continue;
                double users = TensorPrimitives.Sum<double>(lift);
                for (int cluster = 0; cluster < lift.Length; cluster++)
                    lift[cluster] = Math.Log((lift[cluster] + ContextSmoothing * Math.Exp(logPriors[cluster])) / (users + ContextSmoothing)) - logPriors[cluster];
            }
        }

        return lifts;
    }

    private void Begin(int user, Span<double> weights)
    {
        _logPriors.CopyTo(weights);
        ReadOnlySpan<int> codes = _contexts is null ? default : _contexts[user];
        for (int field = 0; field < codes.Length; field++)
        {
            if (_lifts[field][codes[field]] is { } lift)
                TensorPrimitives.MultiplyAdd(lift, _options.ContextWeight, weights, weights);
        }
    }
}

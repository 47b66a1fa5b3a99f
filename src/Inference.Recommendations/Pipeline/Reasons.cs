using System.Globalization;
using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>Says why items are shown, in terms of what the reply was made from.</summary>
internal sealed class Reasons(Snapshot snapshot, ReadOnlyMemory<int> history, FeatureSet context, ReasonKind nearestKind, Slate slate, Rung rung)
{
    /// <summary>Only the latest items of a history are compared; the towers read no more either.</summary>
    private const int MostHistory = 50;

    private static readonly Reason Pinned = new(ReasonKind.Pinned, "Put at this place by the shop, or by the request.");

    private readonly FusedShares? _shares = slate.Shares;
    private (string Label, double Weight)? _profile;
    private float[]? _touched;
    private float[]? _vector;

    public Reason For(Slate.Place place)
    {
        Reason reason = place.IsPinned ? Pinned : Main(place);
        string text = place.Type switch
        {
            SlotType.Explore => $"Shown to learn about it: {Lower(reason.Text)}",
            SlotType.NewItem => $"New, and shown to learn about it: {Lower(reason.Text)}",
            SlotType.Fallback when rung != Rung.Popularity => $"Fills the slate: {Lower(reason.Text)}",
            _ when place.LiftedFrom > 0 => $"{reason.Text} Its group has a floor of exposure.",
            _ => reason.Text,
        };
        return ReferenceEquals(text, reason.Text) ? reason : reason with { Text = text };
    }

    /// <summary>A sentence that goes on behind a colon.</summary>
    private static string Lower(string text) => char.ToLowerInvariant(text[0]) + text[1..];

    private Reason Main(Slate.Place place) => place.Source switch
    {
        Sources.Trending => new Reason(ReasonKind.Trending, "Touched more often lately."),
        Sources.RecentItems or Sources.Content when history.Length > 0 => Nearest(place.Row),
        Sources.Neighbours when _shares?.NearestOf(place.Row) is >= 0 and int nearest => GoesWith(place.Row, nearest),
        Sources.Neighbours or Sources.Factors when history.Length > 0 => Nearest(place.Row),
        Sources.Context => new Reason(ReasonKind.Features, "Touched more often by users in the same context."),
        Sources.Towers when _shares?.IsOfContext(place.Row) is true => new Reason(ReasonKind.Features, "Fits the user's context."),
        Sources.Towers or Sources.VectorEngine when history.Length > 0 => Nearest(place.Row),
        Sources.Towers when place.Type == SlotType.NewItem && context.IsEmpty => new Reason(ReasonKind.Popular, "Few users have been shown it yet."),
        Sources.Neighbours or Sources.Factors or Sources.Towers or Sources.VectorEngine => new Reason(ReasonKind.Features, "Fits what is known of the user."),
        Sources.ClusterProfile => OfProfile(),
        _ when snapshot.Popularity.RateOf(place.Row) == 0 => new Reason(ReasonKind.Popular, "Nobody has touched it yet."),
        _ => new Reason(ReasonKind.Popular, string.Create(CultureInfo.InvariantCulture, $"Popular, {snapshot.Popularity.RateOf(place.Row) * 100:0.0} % of users touched it.")),
    };

    private string NameOf(int row) => snapshot.Items.TitleOf(row) ?? snapshot.Items.IdOf(row);

    private Reason GoesWith(int row, int nearest)
    {
        string id = snapshot.Items.IdOf(nearest);
        if (_shares!.RuleOf(row, snapshot.BundlePopularity.RateOf(row)) is not { } rule)
            return new Reason(nearestKind, $"Goes with '{NameOf(nearest)}' in the history.", id);
        string text = string.Create(CultureInfo.InvariantCulture, $"Goes with '{NameOf(nearest)}' in the history; {rule.Confidence * 100:0.#} % of its users have it, {rule.Lift:0.0} times the share of all.");
        return new Reason(nearestKind, text, id, Confidence: rule.Confidence, Lift: rule.Lift);
    }

    private Reason OfProfile()
    {
        (string label, double weight) = Profile();
        string popular = string.Create(CultureInfo.InvariantCulture, $"Popular with {(label.Length == 0 ? "users of this kind" : $"'{label}'")} (weight {weight:0.00})");
        return _shares is { ClusterRow: >= 0 and int row }
            ? new Reason(ReasonKind.Profile, $"{popular}, for which '{NameOf(row)}' in the history speaks most.", snapshot.Items.IdOf(row), label, weight)
            : new Reason(ReasonKind.Profile, $"{popular}.", Profile: label, ProfileWeight: weight);
    }

    private Reason Nearest(int row)
    {
        ReadOnlySpan<int> latest = history.Span.Length > MostHistory ? history.Span[^MostHistory..] : history.Span;
        int dimension = snapshot.Index.Dimension;
        float[] touched = _touched ??= Directions(latest);
        float[] vector = _vector ??= new float[dimension];
        if (!snapshot.Index.TryCopyVector(row, vector))
            Array.Clear(vector);
        int best = 0;
        float highest = float.NegativeInfinity;
        for (int i = 0; i < latest.Length; i++)
        {
            float score = TensorPrimitives.Dot(vector, touched.AsSpan(i * dimension, dimension));
            if (float.IsNaN(score))
                score = float.NegativeInfinity;
            if (score < highest)
                continue;
            highest = score;
            best = i;
        }

        string title = NameOf(latest[best]);
        string text = nearestKind == ReasonKind.SimilarItem ? $"Similar to '{title}'." : $"Near to '{title}' in the history.";
        return new Reason(nearestKind, text, snapshot.Items.IdOf(latest[best]));
    }

    /// <summary>The vectors of some rows at length 1: by direction, because under an inner product a long vector of the history would explain every item. NaN where a vector is zero, or gone meanwhile.</summary>
    private float[] Directions(ReadOnlySpan<int> rows)
    {
        int dimension = snapshot.Index.Dimension;
        var directions = new float[rows.Length * dimension];
        for (int i = 0; i < rows.Length; i++)
        {
            Span<float> direction = directions.AsSpan(i * dimension, dimension);
            if (!snapshot.Index.TryCopyVector(rows[i], direction))
                direction.Clear();
            TensorPrimitives.Divide(direction, TensorPrimitives.Norm(direction), direction);
        }

        return directions;
    }

    /// <summary>The heaviest profile.</summary>
    private (string Label, double Weight) Profile()
    {
        if (_profile is { } known)
            return known;
        ClusterProfiles profiles = snapshot.Profiles!;
        int heaviest = _shares?.Cluster ?? -1;
        double weight = _shares?.ClusterWeight ?? 0;
        if (heaviest < 0)
        {
            var weights = new float[profiles.Count];
            profiles.Weigh(context, weights);
            weight = weights.Max();
            heaviest = weights.AsSpan().IndexOf((float)weight);
        }

        _profile = (profiles.LabelOf(heaviest), weight);
        return _profile.Value;
    }
}

using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>The last step of a request: the slate as items with propensities and, where asked for, reasons.</summary>
internal static class Ranking
{
    public static RecommendedItem[] Items(Snapshot snapshot, Slate slate, Reasons? reasons)
    {
        var items = new RecommendedItem[slate.Count];
        ReadOnlySpan<Slate.Place> places = slate.Places;
        for (int i = 0; i < places.Length; i++)
        {
            Slate.Place place = places[i];
            items[i] = new RecommendedItem(snapshot.Items.IdOf(place.Row), place.Score, place.Source, place.Propensity, reasons?.For(place), place.Type);
        }

        return items;
    }
}

/// <summary>Says why items are shown, in terms of what the reply was made from.</summary>
internal sealed class Reasons(Snapshot snapshot, ReadOnlyMemory<int> history, FeatureSet context, ReasonKind nearestKind, FusedShares? shares)
{
    /// <summary>Only the latest items of a history are compared; the towers read no more either.</summary>
    private const int MostHistory = 50;

    private string? _profile;
    private float[]? _touched;
    private float[]? _vector;

    public Reason For(Slate.Place place)
    {
        Reason reason = Main(place);
        return shares?.TextOf(place.Row) is { Length: > 0 } text ? reason with { Text = $"{reason.Text} {text}" } : reason;
    }

    private Reason Main(Slate.Place place) => place.Source switch
    {
        Sources.Neighbours when shares?.NearestOf(place.Row) is >= 0 and int nearest =>
            new Reason(nearestKind, $"Goes with '{snapshot.Items.TitleOf(nearest) ?? snapshot.Items.IdOf(nearest)}' in the history.", snapshot.Items.IdOf(nearest)),
        Sources.Neighbours or Sources.Factors when history.Length > 0 => Nearest(place.Row),
        Sources.Context => new Reason(ReasonKind.Features, "Touched more often by users in the same context."),
        Sources.Neighbours or Sources.Factors => new Reason(ReasonKind.Features, "Fits what is known of the user."),
        Sources.Towers when history.Length > 0 => Nearest(place.Row),
        Sources.Towers => new Reason(ReasonKind.Features, "Fits what is known of the user."),
        Sources.ClusterProfile => new Reason(ReasonKind.Profile, $"Popular with '{Profile()}'.", Profile: Profile()),
        _ when snapshot.Popularity.RateOf(place.Row) == 0 => new Reason(ReasonKind.Popular, "Fills up the slate: nobody has touched it yet."),
        _ => new Reason(ReasonKind.Popular, $"Popular: {snapshot.Popularity.RateOf(place.Row) * 100:0.0} % of users touched it."),
    };

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

        string title = snapshot.Items.TitleOf(latest[best]) ?? snapshot.Items.IdOf(latest[best]);
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

    /// <summary>The label of the heaviest profile.</summary>
    private string Profile()
    {
        if (_profile is not null)
            return _profile;
        ClusterProfiles profiles = snapshot.Profiles!;
        if (shares is { Cluster: >= 0 and int heaviest })
            return _profile = profiles[heaviest].Label;
        var weights = new float[profiles.Count];
        profiles.Weigh(context, weights);
        return _profile = profiles[weights.AsSpan().IndexOf(weights.Max())].Label;
    }
}

using Inference.Recommendations.Surfaces;
using Inference.Vectors;

namespace Inference.Recommendations.MakeUp;

/// <summary>
/// Chooses the items of a slate one by one, in one pass that weighs relevance, diversity, caps and calibration together.
/// <list type="number">
/// <item>Pinned items are in the slate S before anything else: they count for everything that follows. What earlier pages showed counts for caps and for similarity as if it were in S.</item>
/// <item>Place by place from the top, of the candidates that no cap rules out, the one with the highest
/// <c>(1 − c) · [(1 − d) · rel(i) − d · max_{j ∈ S} cos(i, j)] − c · KL(p ‖ q(S ∪ i))</c>; of equals the one that scores higher. The bracket is maximal marginal relevance (J. Carbonell and J. Goldstein, "The use of MMR", SIGIR 1998) with λ = 1 − d;
/// the rest is Steck's calibration with its trade-off c (<see cref="PopularMix"/>). rel is the score between −1 (lowest candidate) and 1 (highest), the range of cosines.</item>
/// <item>Its values of capped attributes are counted; where a value has as many as the cap allows, candidates with it are ruled out.</item>
/// <item>Its cosine to every candidate is taken once, so that the maximum is kept up to date: O(places · candidates · dimension).</item>
/// <item>Where caps have ruled out all that is left, they count this page alone, and where that is not enough they are given up for the places that remain: a slate is never short because of a cap.</item>
/// </list>
/// The objective is submodular but for its sign changes, and greedy choice is what both papers use. Deterministic, and the same on every instruction set.
/// </summary>
internal static class GreedySlate
{
    /// <summary>Places that diversity and calibration arrange; those behind them are in the order of scores, under the caps.</summary>
    public const int MostArranged = 200;

    /// <param name="s">The candidates, best first, with pinned ones in <see cref="MakeUpScratch.Chosen"/>.</param>
    /// <param name="places">Places to fill, at most as many as there are candidates.</param>
    /// <param name="dimension">Elements of a vector.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="mix">The wanted mix.</param>
    /// <returns>Places that caps had to be given up for, also those of this page alone.</returns>
    public static int Choose(MakeUpScratch s, int places, int dimension, SlateRules rules, in PopularMix mix)
    {
        int count = s.Count, size = 0, popular = 0, relaxed = 0, first = 0;
        s.Nearest.AsSpan(0, count).Fill(-1f);
        CapCounts.Begin(s, rules.Caps);
        for (int i = 0; i < s.EarlierVectorCount; i++)
            Approach(s, s.EarlierVectors.AsSpan(i * dimension, dimension));

        // :: Step 1
        for (int place = 0; place < places; place++)
        {
            if (s.Chosen[place] >= 0)
                Take(s, s.Chosen[place], rules, dimension, places, ref size, ref popular);
        }

        for (int place = 0; place < places; place++)
        {
            if (s.Chosen[place] >= 0)
                continue;
            while (s.Taken[first])
                first++;

            // :: Steps 2 and 5
            bool isArranged = place < MostArranged;
            var choice = new Choice(isArranged ? rules.Diversity : 0, isArranged ? rules.Calibration.Strength : 0, mix, popular, size);
            ReadOnlySpan<byte> blocked = s.Blocked;
            if (!choice.Look(s, first, count, blocked))
            {
                blocked = s.BlockedHere;
                if (s.EarlierCount == 0 || !choice.Look(s, first, count, blocked))
                {
                    relaxed++;
                    blocked = default;
                    choice.Look(s, first, count, blocked);
                }
            }

            Note(s, first, choice, blocked);
            s.Chosen[place] = choice.Best;

            // :: Steps 3 and 4
            Take(s, choice.Best, rules, isArranged ? dimension : 0, places, ref size, ref popular);
        }

        return relaxed;
    }

    private static void Take(MakeUpScratch s, int taken, SlateRules rules, int dimension, int places, ref int size, ref int popular)
    {
        s.Taken[taken] = true;
        size++;
        popular += s.Popular[taken];
        if (rules.Caps.Count > 0)
            CapCounts.Take(s, taken, rules.Caps);
        if (!(rules.Diversity > 0) || dimension == 0 || size == places)
            return;
        Approach(s, s.Vectors.AsSpan(taken * dimension, dimension));
    }

    /// <summary>Lets an item that is shown count for how near the candidates are to the nearest one.</summary>
    private static void Approach(MakeUpScratch s, ReadOnlySpan<float> vector)
    {
        for (int i = 0; i < s.Count; i++)
        {
            if (!s.Taken[i])
                s.Nearest[i] = MathF.Max(s.Nearest[i], VectorMath.Dot(vector, s.Vectors.AsSpan(i * vector.Length, vector.Length)));
        }
    }

    /// <summary>Notes what let the chosen one pass those that score higher.</summary>
    private static void Note(MakeUpScratch s, int first, in Choice choice, ReadOnlySpan<byte> blocked)
    {
        int chosen = choice.Best;
        if (chosen == first)
            return;
        Moves moves = (choice.FirstFree != choice.BestDiverse ? Moves.Diversity : 0) | (choice.BestDiverse != chosen ? Moves.Calibration : 0);
        if (!blocked.IsEmpty && blocked[first] != 0)
        {
            moves |= Moves.Cap;
            s.MovedBy[chosen] = blocked[first];
        }

        s.Moved[chosen] |= moves;
        for (int i = first; i < chosen; i++)
        {
            if (s.Taken[i])
                continue;
            if (!blocked.IsEmpty && blocked[i] != 0)
            {
                s.Moved[i] |= Moves.Cap;
                s.MovedBy[i] = blocked[i];
            }
            else
            {
                s.Moved[i] |= moves & ~Moves.Cap;
            }
        }
    }

    /// <summary>The candidate for one place.</summary>
    private ref struct Choice
    {
        private readonly double _diversity, _calibration;
        private readonly double _ifNiche, _ifPopular;

        public Choice(double diversity, double calibration, in PopularMix mix, int popular, int size)
        {
            _diversity = diversity;
            _calibration = calibration;
            if (calibration > 0)
            {
                _ifNiche = mix.Distance(popular, size + 1);
                _ifPopular = mix.Distance(popular + 1, size + 1);
            }
        }

        /// <summary>The best by score of those that may come.</summary>
        public int FirstFree { get; private set; }

        /// <summary>The best without calibration.</summary>
        public int BestDiverse { get; private set; }

        /// <summary>The best.</summary>
        public int Best { get; private set; }

        /// <param name="s">The candidates.</param>
        /// <param name="first">The first that is not taken.</param>
        /// <param name="count">Candidates.</param>
        /// <param name="blocked">By candidate: not 0 for those that may not come; empty where all may.</param>
        /// <returns>Whether there is any.</returns>
        public bool Look(MakeUpScratch s, int first, int count, ReadOnlySpan<byte> blocked)
        {
            FirstFree = BestDiverse = Best = -1;
            double bestDiverse = double.NegativeInfinity, best = double.NegativeInfinity;
            bool byScore = _diversity <= 0 && _calibration <= 0;
            for (int i = first; i < count; i++)
            {
                if (s.Taken[i] || (!blocked.IsEmpty && blocked[i] != 0))
                    continue;
                if (FirstFree < 0)
                {
                    FirstFree = BestDiverse = Best = i;
                    if (byScore)
                        break;
                }

                double value = s.Relevance[i];
                if (_diversity > 0)
                    value = ((1 - _diversity) * value) - (_diversity * s.Nearest[i]);
                if (value > bestDiverse)
                {
                    bestDiverse = value;
                    BestDiverse = i;
                }

                if (_calibration > 0)
                    value = ((1 - _calibration) * value) - (_calibration * (s.Popular[i] != 0 ? _ifPopular : _ifNiche));
                if (value > best)
                {
                    best = value;
                    Best = i;
                }
            }

            return Best >= 0;
        }
    }
}

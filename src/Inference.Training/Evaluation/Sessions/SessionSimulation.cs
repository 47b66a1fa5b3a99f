using System.Runtime.ExceptionServices;
using Inference.Training.Chance;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Sessions;

/// <summary>
/// Plays sessions of users whose taste is known from held-out events.
/// <list type="number">
/// <item>The policy's model scores the training catalogue, given what was clicked and what was passed over so far.</item>
/// <item>The page: the best items that were not shown, by score and then by item index; a drawn slot comes last.</item>
/// <item>The user clicks what is held out; all else of the page counts as passed over.</item>
/// </list>
/// An item without a held-out event counts as no click, so figures are those of logged sets and not of a replay of randomised logs. Users are played side by side; results do not depend on threads.
/// </summary>
public static class SessionSimulation
{
    /// <param name="policy">What makes the pages.</param>
    /// <param name="users">At least one.</param>
    /// <param name="catalogue">Number of items of the training catalogue.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Goes from 0 to 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">There are no users.</exception>
    /// <exception cref="InvalidDataException">The model gives scores that are not finite.</exception>
    public static SessionResult Play(
        SessionPolicy policy, IReadOnlyList<SessionUser> users, int catalogue, SessionOptions options, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        if (users.Count == 0)
            throw new ArgumentException("There are no users to play.", nameof(users));
        int pages = options.Pages, runs = policy.DrawsLastSlot ? options.Runs : 1, done = 0;
        double[] hits = new double[users.Count * pages], most = new double[users.Count * pages];
        var candidates = new CandidateItems(catalogue, (0, catalogue));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads ?? Environment.ProcessorCount, CancellationToken = cancellationToken };
        try
        {
            Parallel.For(
                0,
                users.Count,
                parallel,
                () => new Session(policy, candidates, options),
                (user, _, session) =>
                {
                    Span<double> ofUser = hits.AsSpan(user * pages, pages);
                    for (int run = 0; run < runs; run++)
                        session.Play(users[user], new SeededRandom(options.Seed, ((ulong)run << 32) | (uint)user), ofUser, 1.0 / runs);
                    session.Best(users[user], most.AsSpan(user * pages, pages));
                    progress?.Report(Interlocked.Increment(ref done) / (double)users.Count);
                    return session;
                },
                static _ => { });
        }
        catch (AggregateException several)
        {
            // One of them says enough: they come from the same model.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }

        return new SessionResult(policy, users.Count, pages, hits, most);
    }

    /// <summary>The scratch of one thread.</summary>
    private sealed class Session
    {
        private readonly SessionPolicy _policy;
        private readonly CandidateItems _candidates;
        private readonly SessionOptions _options;
        private readonly double[] _scores;
        private readonly bool[] _isRelevant;
        private readonly double[] _topScores;
        private readonly int[] _top;
        private readonly List<int> _clicked = [];
        private readonly List<int> _passed = [];

        public Session(SessionPolicy policy, CandidateItems candidates, SessionOptions options)
        {
            (_policy, _candidates, _options) = (policy, candidates, options);
            _scores = new double[candidates.ScoreLength];
            _isRelevant = new bool[candidates.ScoreLength];
            int depth = policy.DrawsLastSlot ? Math.Max(options.DrawnFrom, options.PageLength) : options.PageLength;
            (_topScores, _top) = (new double[depth], new int[depth]);
        }

        public void Play(SessionUser user, SeededRandom random, Span<double> hits, double share)
        {
            Mark(user, true);
            _clicked.Clear();
            _passed.Clear();
            for (int page = 0; page < hits.Length; page++)
            {
                // :: Step 1
                if (page == 0 || _policy.Learns)
                    Score(user);
                foreach (int item in _clicked)
                    _scores[item] = double.NegativeInfinity;
                foreach (int item in _passed)
                    _scores[item] = double.NegativeInfinity;

                // :: Steps 2 and 3
                foreach (int item in Page(ref random))
                {
                    if (_isRelevant[item])
                        _clicked.Add(item);
                    else
                        _passed.Add(item);
                    hits[page] += _isRelevant[item] ? share : 0;
                }
            }

            Mark(user, false);
        }

        /// <summary>Clicks of whoever knows all.</summary>
        public void Best(SessionUser user, Span<double> most)
        {
            int left = new HashSet<int>(user.Relevant.ToArray().Where(item => item < _isRelevant.Length)).Count;
            for (int page = 0; page < most.Length; page++)
            {
                int clicked = Math.Min(left, _options.PageLength);
                most[page] = clicked;
                left -= clicked;
            }
        }

        private void Score(SessionUser user)
        {
            var input = new RankingInput(_clicked.ToArray(), user.Context) { Passed = _policy.ReadsSkips ? _passed.ToArray() : ReadOnlyMemory<int>.Empty };
            _policy.Model.Score(input, _scores);
            if (!RankedTop.AreFinite(_scores))
                throw new InvalidDataException($"The model '{_policy.Model.Name}' gives the user '{user.Id}' scores that are not finite.");
        }

        private ReadOnlySpan<int> Page(ref SeededRandom random)
        {
            int count = RankedTop.Select(_scores, _candidates, _topScores, _top);
            while (count > 0 && double.IsNegativeInfinity(_topScores[count - 1]))
                count--;
            int length = Math.Min(count, _options.PageLength);
            if (_policy.DrawsLastSlot && count > length)
                _top[length - 1] = _top[length - 1 + random.NextInt(count - length + 1)];
            return _top.AsSpan(0, length);
        }

        private void Mark(SessionUser user, bool isRelevant)
        {
            foreach (int item in user.Relevant.Span)
            {
                if (item < _isRelevant.Length)
                    _isRelevant[item] = isRelevant;
            }
        }
    }
}

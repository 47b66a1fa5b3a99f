using System.Collections.Concurrent;
using Grpc.Core;
using Inference.Cli.Load;
using Inference.Recommendations;
using Recsys.V1;

namespace Benchmarks.Models;

/// <summary>
/// Calls Recommend at a constant rate whether or not the server keeps up (an open loop), and counts calls that are due while the model is swapped apart from the others. A call is measured from the moment
/// that it was due. Every reply is held against what its version answered when it was asked alone.
/// </summary>
internal sealed class SwapTraffic(RecommendationService.RecommendationServiceClient client, double rate, IReadOnlyList<string> users, TimeSpan deadline)
{
    /// <summary>Of ten items, how many have to be those of the version that the reply names: embeddings come from a cache at half precision, which may exchange neighbours.</summary>
    private const int LeastInCommon = 7;

    private readonly Pacer _pacer = new(TimeProvider.System);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _walked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<(string Version, string User), HashSet<string>> _expected = new();
    private readonly ConcurrentDictionary<string, string> _spaces = new();
    private readonly ConcurrentDictionary<string, long> _errors = new();
    private volatile bool _swapping;
    private long _inFlight;
    private long _mixed;
    private long _degraded;

    /// <summary>Calls that were due while nothing was swapped.</summary>
    public LatencyHistogram Steady { get; private set; } = new();

    /// <summary>Calls that were due from the begin of a load to the release of the former version.</summary>
    public LatencyHistogram Swapping { get; private set; } = new();

    /// <summary>How much later than due calls were sent: the generator's own stalls, which are in the latencies too.</summary>
    public LatencyHistogram SendLag { get; private set; } = new();

    /// <summary>Replies that name one version and hold the items or the space of another.</summary>
    public long Mixed => Volatile.Read(ref _mixed);

    /// <summary>Replies with a label.</summary>
    public long Degraded => Volatile.Read(ref _degraded);

    /// <summary>Calls without an answer, by status.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>Whether calls that are due from now on are those of a swap.</summary>
    public bool IsSwapping
    {
        set => _swapping = value;
    }

    /// <summary>Asks the active version for the slates of all users, which replies of this version are held against.</summary>
    public async Task LearnAsync(string version)
    {
        foreach (string user in users)
        {
            RecommendResponse reply = await client.RecommendAsync(new RecommendRequest { UserId = user, Limit = 10, Options = new RecommendOptions { ModelVersion = version } });
            _expected[(version, user)] = [.. reply.Items.Select(item => item.ItemId)];
            _spaces[version] = reply.EmbeddingSpaceId;
        }
    }

    /// <summary>Forgets what was measured so far.</summary>
    public void Reset()
    {
        (Steady, Swapping, SendLag) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        (_mixed, _degraded) = (0, 0);
        _errors.Clear();
    }

    public void Start() => new Thread(Walk) { IsBackground = true, Name = "traffic" }.Start();

    /// <summary>Stops sending and waits for the calls on their way.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _walked.Task;
        while (Volatile.Read(ref _inFlight) > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5));
    }

    private void Walk()
    {
        try
        {
            _pacer.TakeThread();
            long start = _pacer.Now;
            for (long call = 0; ; call++)
            {
                long due = start + (long)(call * 1e9 / rate);
                _pacer.WaitUntil(due, _stop.Token);
                if (_stop.IsCancellationRequested)
                    break;
                SendLag.Record(_pacer.Now - due);
                Interlocked.Increment(ref _inFlight);
                _ = CallAsync(users[(int)(call * 7919 % users.Count)], due, _swapping ? Swapping : Steady);
            }

            _walked.SetResult();
        }
        catch (Exception e)
        {
            _walked.SetException(e);
        }
    }

    private async Task CallAsync(string user, long due, LatencyHistogram latencies)
    {
        try
        {
            RecommendResponse reply = await client.RecommendAsync(new RecommendRequest { UserId = user, Limit = 10 }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + deadline);
            if (!IsOfOneVersion(user, reply))
                Interlocked.Increment(ref _mixed);
            if (reply.Degraded.Count > 0)
                Interlocked.Increment(ref _degraded);
        }
        catch (RpcException e)
        {
            _errors.AddOrUpdate(e.StatusCode.ToString(), 1, static (_, count) => count + 1);
        }
        finally
        {
            latencies.Record(_pacer.Now - due);
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private bool IsOfOneVersion(string user, RecommendResponse reply)
    {
        if (!_expected.TryGetValue((reply.ModelVersion, user), out HashSet<string>? items))
            return true;
        // A slate of a lower rung has other items by right, and says so.
        return reply.EmbeddingSpaceId == _spaces[reply.ModelVersion] && (reply.Degraded.Count > 0 || reply.Items.Count(item => items.Contains(item.ItemId)) >= LeastInCommon);
    }
}

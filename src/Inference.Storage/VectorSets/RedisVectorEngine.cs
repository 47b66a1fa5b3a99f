using System.Globalization;
using System.Runtime.InteropServices;
using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Inference.Storage.VectorSets;

/// <summary>
/// Searches the vector sets of a Redis 8 or later, or of a Redis Cluster of them.
/// <list type="number">
/// <item>Which sets there are of the space is noted in Redis by whoever filled them; the note is read now and then, not for each request.</item>
/// <item>All shards are asked side by side, each with the query in the form that makes the order by angle the order by metric (<see cref="CosineForm"/>).</item>
/// <item>Their answers are merged by score. Shards that fail are left out and counted, so that an answer that is not whole says so.</item>
/// <item>Where all shards answer that they hold nothing, the vectors were replaced meanwhile: the note is read again, and they are asked once more.</item>
/// </list>
/// </summary>
public sealed class RedisVectorEngine : IVectorEngine
{
    private readonly RedisConnection _redis;
    private readonly VectorEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly VectorSpaces _spaces;

    /// <param name="redis">The connection to it; it stays the caller's.</param>
    public RedisVectorEngine(RedisConnection redis, VectorEngineOptions options, TimeProvider time, ILogger<RedisVectorEngine> log)
    {
        (_redis, _options, _time) = (redis, options, time);
        _spaces = new VectorSpaces(redis, options, time, log);
    }

    /// <inheritdoc/>
    public async ValueTask<EngineAnswer> SearchAsync(EngineQuery query, CancellationToken cancellationToken)
    {
        Task<EngineAnswer> search = SearchAsync(query);
        search.Forget();
        try
        {
            return await search.WaitAsync(query.Patience, _time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new StoreException(StoreFailure.Timeout, "The vector engine did not answer in time.", e);
        }
    }

    private async Task<EngineAnswer> SearchAsync(EngineQuery query)
    {
        VectorSpace space = await FindAsync(query, isStale: false);
        EngineAnswer answer = await SearchAsync(space, query);
        if (answer.ItemIds.Count > 0 || answer.Missing > 0 || space.Items == 0 || EngineFilter.Of(query.Filter, space.Attributes).Length > 0)
            return answer;
        VectorSpace now = await FindAsync(query, isStale: true);
        return now.Generation == space.Generation ? answer : await SearchAsync(now, query);
    }

    private async ValueTask<VectorSpace> FindAsync(EngineQuery query, bool isStale)
    {
        if (await _spaces.FindAsync(query.Space, isStale) is not { } space)
            throw new StoreException(StoreFailure.Unavailable, "The vector engine holds no vectors of this embedding space.");
        if (space.Dimension != query.Embedding.Length || space.Metric != query.Metric)
            throw new StoreException(StoreFailure.Corrupt, "The vectors of the vector engine are not those of this embedding space.");
        return space;
    }

    private async Task<EngineAnswer> SearchAsync(VectorSpace space, EngineQuery query)
    {
        var form = new float[CosineForm.Length(space.Metric, space.Dimension)];
        CosineForm.OfQuery(space.Metric, query.Embedding.Span, form);
        // Vector sets read little-endian numbers, as all machines that run this have them.
        byte[] blob = MemoryMarshal.AsBytes(form.AsSpan()).ToArray();
        string filter = EngineFilter.Of(query.Filter, space.Attributes);
        var asked = new Task<Found[]>[space.Shards];
        for (int i = 0; i < asked.Length; i++)
            asked[i] = AskAsync(_redis.Keys.Vectors(query.Space, space.Generation, i), blob, query.Count, filter);
        foreach (Task<Found[]> one in asked)
            one.Forget();
        var found = new List<Found>(query.Count);
        StoreException? failure = null;
        int missing = 0;
        foreach (Task<Found[]> answer in asked)
        {
            try
            {
                found.AddRange(await answer);
            }
            catch (StoreException e)
            {
                (failure, missing) = (e, missing + 1);
            }
        }

        if (missing == asked.Length)
            throw failure!;
        found.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : string.CompareOrdinal(a.Id, b.Id));
        return new EngineAnswer([.. found.Take(query.Count).Select(item => item.Id)], asked.Length, missing);
    }

    private async Task<Found[]> AskAsync(RedisKey key, byte[] query, int count, string filter)
    {
        List<object> words = [key, "FP32", query, "WITHSCORES", "COUNT", count, "EF", Math.Max(_options.SearchWidth, count)];
        if (filter.Length > 0)
            words.AddRange(["FILTER", filter]);
        RedisResult answer = await _redis.RunAsync("vsim", words.ToArray(), static (database, words) => database.ExecuteAsync("VSIM", words));
        // Element, score, element, score, …
        RedisValue[] flat = (RedisValue[]?)answer ?? [];
        var found = new Found[flat.Length / 2];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = double.TryParse((string?)flat[(2 * i) + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out double score)
                ? new Found(flat[2 * i]!, score)
                : throw new StoreException(StoreFailure.Corrupt, "The vector engine answered a score that is no number.");
        }

        return found;
    }

    /// <param name="Id">Of the item.</param>
    /// <param name="Score">As Redis gives it: 1 for the same direction, 0 for the opposite one.</param>
    private readonly record struct Found(string Id, double Score);
}

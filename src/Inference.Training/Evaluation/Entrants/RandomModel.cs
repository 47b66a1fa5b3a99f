using System.Runtime.InteropServices;
using Inference.Training.Chance;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>Ranks by chance: what anything better than nothing must beat. The order depends on the seed and on what is known of the user.</summary>
internal sealed class RandomModel(ulong seed) : RankingModel
{
    public override string Name => "random";

    public override bool ScoresColdItems => true;

    public override void Score(in RankingInput user, Span<double> scores)
    {
        // A stream for each user and history (FNV-1a), whichever thread asks.
        ulong stream = 14_695_981_039_346_656_037;
        stream = (stream ^ (uint)user.User) * 1_099_511_628_211;
        foreach (byte part in MemoryMarshal.AsBytes(user.History.Span))
            stream = (stream ^ part) * 1_099_511_628_211;
        var random = new SeededRandom(seed, stream);
        for (int item = 0; item < scores.Length; item++)
            scores[item] = random.NextDouble();
    }
}

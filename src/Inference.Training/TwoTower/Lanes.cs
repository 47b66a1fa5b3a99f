namespace Inference.Training.TwoTower;

/// <summary>Shares numbered tasks out among threads. What a task does depends on its number alone, so results have the same bits for any number of threads.</summary>
internal sealed class Lanes
{
    private readonly ParallelOptions _options;

    /// <param name="threads">At least 1; 0 means all processors.</param>
    public Lanes(int threads) => _options = new ParallelOptions { MaxDegreeOfParallelism = threads == 0 ? Environment.ProcessorCount : threads };

    /// <summary>Runs tasks 0 to <paramref name="tasks"/> − 1, each once, and returns when all are done.</summary>
    public void Run(int tasks, Action<int> task)
    {
        if (tasks == 1 || _options.MaxDegreeOfParallelism == 1)
        {
            for (int i = 0; i < tasks; i++)
                task(i);
            return;
        }

        Parallel.For(0, tasks, _options, task);
    }
}

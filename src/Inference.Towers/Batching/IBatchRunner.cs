using Inference.Recommendations.Ports;

namespace Inference.Towers.Batching;

/// <summary>
/// What a <see cref="ContinuousBatcher{TWork}"/> runs batches on: one tower, one search on a device. A slot is used by one thread at a time, a batch goes
/// <see cref="Begin"/>, <see cref="Read"/> for each row, <see cref="Run"/>, <see cref="Write"/> for each row.
/// </summary>
/// <typeparam name="TWork">What a call brings: where its rows are and where its results go. The memory is the caller's, and touched in <c>LengthOf</c>, <c>Read</c> and <c>Write</c> only.</typeparam>
internal interface IBatchRunner<TWork>
    where TWork : struct
{
    /// <summary>Most rows of one run.</summary>
    int MaxBatch { get; }

    /// <summary>The longest that a row can be; 1 where all rows are alike.</summary>
    int MaxLength { get; }

    /// <summary>How many rows are computed for so many wanted, 1 to <see cref="MaxBatch"/>; rises with its argument.</summary>
    int PaddedRows(int rows);

    /// <summary>To what length rows are padded when the longest has this one, 1 to <see cref="MaxLength"/>; rises with its argument.</summary>
    int PaddedLength(int length);

    /// <summary>Length of one row, 1 to <see cref="MaxLength"/>.</summary>
    int LengthOf(in TWork work, int row);

    /// <summary>Begins a batch whose rows are padded to one length.</summary>
    void Begin(int slot, int paddedLength);

    /// <summary>Copies a row of a call to a place in the batch. Where it throws that call fails, and the place is filled again.</summary>
    void Read(int slot, int place, in TWork work, int row);

    /// <summary>Runs the places from 0 on.</summary>
    void Run(int slot, int rows);

    /// <summary>Copies the result at a place of the batch to a row of a call; a failure is the call's alone.</summary>
    /// <returns>Null, or why the result is of no use.</returns>
    Exception? Write(int slot, int place, in TWork work, int row);

    /// <summary>What callers are told of a failure.</summary>
    TowerException Explain(Exception failure);

    /// <summary>Lets go of what runs need. Once, after the batcher was disposed of and its last run has ended.</summary>
    void Release();
}

using Inference.Training.Data;
using Xunit;

namespace UnitTests.Training.Data;

public sealed class ReadAheadStreamTests
{
    [Fact]
    public void Read_OfASource_GivesItsBytes()
    {
        byte[] bytes = new byte[5_000_001];
        new Random(1).NextBytes(bytes);
        using var stream = new ReadAheadStream(new MemoryStream(bytes));
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        Assert.True(copy.ToArray().AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task Dispose_WhileTheReaderIsFarAhead_EndsItAndTheSource()
    {
        var source = new Source(failAt: long.MaxValue);
        var stream = new ReadAheadStream(source);
        Assert.Equal(10, stream.Read(new byte[10]));
        // Nobody takes what it reads: it waits for room, for ever, unless it is stopped.
        Assert.True(SpinWait.SpinUntil(() => source.Given >= 4L << 20, TimeSpan.FromSeconds(30)));
        await Task.Run(stream.Dispose).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(source.IsDisposed);
        Assert.False(source.IsReadAfterDispose);
    }

    [Fact]
    public void Read_OfASourceThatFails_GivesWhatWasBeforeAndThenTheFailure()
    {
        using var stream = new ReadAheadStream(new Source(failAt: 3L << 20));
        byte[] buffer = new byte[1 << 20];
        for (int i = 0; i < 3; i++)
            stream.ReadExactly(buffer);
        Assert.Equal("damaged", Assert.Throws<InvalidDataException>(() => stream.Read(buffer)).Message);
    }

    /// <summary>Zeros without end, or a failure.</summary>
    private sealed class Source(long failAt) : MemoryStream
    {
        private long _given;

        public long Given => Interlocked.Read(ref _given);

        public bool IsDisposed { get; private set; }

        public bool IsReadAfterDispose { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            IsReadAfterDispose |= IsDisposed;
            if (Given >= failAt)
                throw new InvalidDataException("damaged");
            Interlocked.Add(ref _given, buffer.Length);
            return buffer.Length;
        }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}

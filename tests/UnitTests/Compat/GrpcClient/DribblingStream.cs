namespace UnitTests.Compat.GrpcClient;

/// <summary>Gives its bytes in pieces of chance sizes, some of them after a pause.</summary>
internal sealed class DribblingStream(byte[] bytes, int seed) : MemoryStream(bytes)
{
    private readonly Random _random = new(seed);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_random.Next(4) == 0)
        {
            await Task.Yield();
        }

        return Read(buffer.Span[..Math.Min(buffer.Length, _random.Next(1, 2000))]);
    }
}

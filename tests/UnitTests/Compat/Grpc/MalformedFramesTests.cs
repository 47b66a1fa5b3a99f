using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Compat.Grpc;

/// <summary>
/// A hundred thousand request bodies, valid, damaged and random, cut into random pieces, against a model of the specification that reads them whole:
/// the handler must see exactly the messages and the caller exactly the status that the model says.
/// </summary>
public sealed class MalformedFramesTests(ITestOutputHelper output)
{
    private const int Seed = 7_260_419;
    private const int Cases = 50_000;
    private const int MaxLength = 2_000;

    /// <summary>Which of two faults of one message is found first depends on how much of it is decompressed at a time.</summary>
    private const StatusCode TooLargeAndBroken = (StatusCode)(-1);

    private static readonly MethodSettings s_settings = InMemoryCall.Settings(set: options => options.MaxReceiveMessageSize = MaxLength);

    [Fact]
    public async Task UnaryHandler_WithAnyBody_AgreesWithTheModel()
    {
        output.WriteLine($"seed {Seed}");
        for (var index = 0; index < Cases; index++)
        {
            var (body, encoding, random) = MakeCase(Seed + index);
            var (messages, end) = Model(body, encoding);
            var expected = end switch
            {
                StatusCode.OK when messages.Count == 1 => StatusCode.OK,
                StatusCode.OK => StatusCode.Internal,
                _ when messages.Count > 0 => StatusCode.Internal, // whatever follows the first message is one too many
                _ => end,
            };

            byte[]? served = null;
            var call = await RunAsync(body, encoding, random, new UnaryHandler<byte[], byte[]>(InMemoryCall.Method(MethodType.Unary), s_settings, (request, _) =>
            {
                served = request;
                return Task.FromResult(request);
            }).HandleAsync);

            Assert.True(Agree(expected, call.Status), $"seed {Seed} + {index}, {encoding}: expected {expected}, got {call.Status} for {Convert.ToHexString(body)}");
            Assert.Equal(expected == StatusCode.OK, served is not null);
            if (served is not null)
            {
                Assert.Equal(messages[0], served);
            }
        }
    }

    [Fact]
    public async Task DuplexHandler_WithAnyBody_AgreesWithTheModel()
    {
        output.WriteLine($"seed {Seed}");
        for (var index = 0; index < Cases; index++)
        {
            var (body, encoding, random) = MakeCase(Seed - 1 - index);
            var (messages, expected) = Model(body, encoding);

            var served = new List<byte[]>();
            var call = await RunAsync(body, encoding, random, new DuplexStreamingHandler<byte[], byte[]>(InMemoryCall.Method(MethodType.DuplexStreaming), s_settings, async (requests, _, _) =>
            {
                while (await requests.MoveNext(CancellationToken.None))
                {
                    served.Add(requests.Current);
                }
            }).HandleAsync);

            Assert.True(Agree(expected, call.Status), $"seed {Seed} - 1 - {index}, {encoding}: expected {expected}, got {call.Status} for {Convert.ToHexString(body)}");
            Assert.Equal(messages, served);
        }
    }

    private static bool Agree(StatusCode expected, StatusCode? actual)
        => expected == actual || (expected == TooLargeAndBroken && actual is (StatusCode.Internal or StatusCode.ResourceExhausted));

    /// <summary>Runs a handler while the body arrives piece by piece; a handler that does not end is a failure.</summary>
    private static async Task<InMemoryCall> RunAsync(byte[] body, string? encoding, Random random, Func<Microsoft.AspNetCore.Http.HttpContext, Task> handle)
    {
        var call = new InMemoryCall(new PipeOptions(pauseWriterThreshold: 0, readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        call.Http.Request.Headers.GrpcEncoding = encoding;
        var early = random.Next(2) == 0;
        var handling = early ? handle(call.Http) : Task.CompletedTask;
        for (var at = 0; at < body.Length;)
        {
            var count = Math.Min(random.Next(3) == 0 ? random.Next(1, 8) : random.Next(1, 600), body.Length - at);
            await call.Body.WriteAsync(body.AsMemory(at, count));
            at += count;
        }

        await call.Body.CompleteAsync();
        handling = early ? handling : handle(call.Http);
        if (!handling.IsCompleted)
        {
            await handling.WaitAsync(TimeSpan.FromSeconds(10));
        }

        await handling;
        return call;
    }

    /// <summary>What the specification makes of a body: the messages before the first fault, and how the stream ends.</summary>
    private static (List<byte[]> Messages, StatusCode End) Model(byte[] body, string? encoding)
    {
        var messages = new List<byte[]>();
        var rest = body.AsSpan();
        while (rest.Length > 0)
        {
            if (rest.Length < 5)
            {
                return (messages, StatusCode.Internal);
            }

            if (rest[0] > 1)
            {
                return (messages, StatusCode.Internal);
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(rest[1..]);
            if (length > MaxLength)
            {
                return (messages, StatusCode.ResourceExhausted);
            }

            if (rest.Length - 5 < length)
            {
                return (messages, StatusCode.Internal);
            }

            var message = rest.Slice(5, (int)length).ToArray();
            if (rest[0] == 1)
            {
                if (encoding is null or "identity")
                {
                    return (messages, StatusCode.Internal);
                }

                if (encoding != "gzip")
                {
                    return (messages, StatusCode.Unimplemented);
                }

                var isBroken = false;
                using var plain = new MemoryStream();
                using var gzip = new GZipStream(new MemoryStream(message), CompressionMode.Decompress);
                try
                {
                    for (int next; (next = gzip.ReadByte()) >= 0;)
                    {
                        plain.WriteByte((byte)next);
                    }
                }
                catch (InvalidDataException)
                {
                    isBroken = true;
                }

                if (plain.Length > MaxLength)
                {
                    return (messages, isBroken ? TooLargeAndBroken : StatusCode.ResourceExhausted);
                }

                if (isBroken || (message.Length > 0 && (message.Length < 18 || BitConverter.ToUInt32(message, message.Length - 4) != plain.Length)))
                {
                    return (messages, StatusCode.Internal);
                }

                message = plain.ToArray();
            }

            messages.Add(message);
            rest = rest[(5 + (int)length)..];
        }

        return (messages, StatusCode.OK);
    }

    private static (byte[] Body, string? Encoding, Random Random) MakeCase(int seed)
    {
        var random = new Random(seed);
        var encoding = random.Next(6) switch { 0 => "identity", 1 => "snappy", 2 or 3 => "gzip", _ => null };
        var body = new List<byte>();
        for (var frames = random.Next(4); frames > 0; frames--)
        {
            var message = new byte[random.Next(20) == 0 ? random.Next(MaxLength + 50) : random.Next(12)];
            if (random.Next(2) == 0)
            {
                random.NextBytes(message);
            }

            var compressed = random.Next(4) == 0;
            if (compressed && random.Next(8) != 0)
            {
                message = Gzip(random.Next(30) == 0 ? new byte[MaxLength * 3] : message);
            }

            body.Add(compressed ? (byte)1 : (byte)0);
            body.AddRange(BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(message.Length)));
            body.AddRange(message);
        }

        switch (random.Next(6))
        {
            case 0 when body.Count > 0: // one bit
                body[random.Next(body.Count)] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when body.Count > 0: // cut off
                var kept = random.Next(body.Count);
                body.RemoveRange(kept, body.Count - kept);
                break;
            case 2: // noise behind
                var noise = new byte[random.Next(16)];
                random.NextBytes(noise);
                body.AddRange(noise);
                break;
            case 3 when random.Next(3) == 0: // nothing but noise
                var all = new byte[random.Next(60)];
                random.NextBytes(all);
                body = [.. all];
                break;
        }

        return ([.. body], encoding, random);
    }

    private static byte[] Gzip(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(message);
        }

        return compressed.ToArray();
    }
}

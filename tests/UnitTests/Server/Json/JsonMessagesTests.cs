using System.Buffers;
using System.Text;
using Google.Protobuf;
using Inference.Server.Failures;
using Inference.Server.Json;
using Recsys.V1;
using Xunit;

namespace UnitTests.Server.Json;

/// <summary>JSON in and out, and what the caller is told of JSON that is wrong.</summary>
public class JsonMessagesTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t")]
    [InlineData("{}")]
    [InlineData("\uFEFF{}")]
    [InlineData("""{"user_id":null,"options":null,"context":null,"recent_item_ids":null}""")]
    public void Read_OfNothing_IsTheEmptyMessage(string json) => Assert.Equal(new RecommendRequest(), Read<RecommendRequest>(json));

    [Fact]
    public void Read_OfBothSpellings_TakesThem()
    {
        var expected = new RecommendRequest { UserId = "u", RecentItemIds = { "a", "b" }, Limit = 3, Options = new() { Explain = true } };

        Assert.Equal(expected, Read<RecommendRequest>("""{"user_id":"u","recent_item_ids":["a","b"],"limit":3,"options":{"explain":true}}"""));
        Assert.Equal(expected, Read<RecommendRequest>("""{"userId":"u","recentItemIds":["a","b"],"limit":"3","options":{"explain":true}}"""));
    }

    /// <summary>Characters of all lengths as they are; the writer escapes the longest ones, so what it wrote does not show this.</summary>
    [Fact]
    public void Read_OfPlainCharacters_KeepsThem() => Assert.Equal("aé\u4E2D😀\U0010FFFF", Read<RecommendRequest>("{\"user_id\":\"aé\u4E2D😀\U0010FFFF\"}").UserId);

    [Theory]
    [InlineData("3")]
    [InlineData("3.0")]
    [InlineData("3e0")]
    [InlineData("0.3e1")]
    [InlineData("\"3\"")]
    public void Read_OfAWholeNumber_TakesAllItsForms(string number) => Assert.Equal(3, Read<RecommendRequest>($$"""{"limit":{{number}}}""").Limit);

    [Theory]
    [InlineData("9007199254740992", 9007199254740992)]
    [InlineData("\"9223372036854775807\"", long.MaxValue)]
    [InlineData("\"-9223372036854775808\"", long.MinValue)]
    public void Read_OfALong_TakesTextAndNumber(string number, long expected) => Assert.Equal(expected, Read<FeatureValue>($$"""{"int_value":{{number}}}""").IntValue);

    [Theory]
    [InlineData("\"NaN\"", double.NaN)]
    [InlineData("\"Infinity\"", double.PositiveInfinity)]
    [InlineData("\"-Infinity\"", double.NegativeInfinity)]
    [InlineData("\"1.5\"", 1.5)]
    [InlineData("-0.0", -0.0)]
    [InlineData("5e-324", 5e-324)]
    public void Read_OfADouble_TakesAllItsForms(string number, double expected) =>
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(Read<FeatureValue>($$"""{"float_value":{{number}}}""").FloatValue));

    [Theory]
    [InlineData("\"EXPLORATION_POLICY_UCB\"")]
    [InlineData("5")]
    public void Read_OfAnEnum_TakesNameAndNumber(string policy) =>
        Assert.Equal(ExplorationPolicy.Ucb, Read<RecommendRequest>("""{"options":{"exploration":{"policy":""" + policy + "}}}").Options.Exploration.Policy);

    [Theory]
    [InlineData("""{"limt":5}""", "limt", "is no field of RecommendRequest (line 1, column 2); did you mean 'limit'?")]
    [InlineData("""{"zzzzzzzz":[{"a":{}}]}""", "zzzzzzzz", "is no field of RecommendRequest (line 1, column 2).")]
    [InlineData("{\n  \"options\": {\n    \"é\": 1, \"explian\": 1 } }", "options.é", "is no field of RecommendOptions (line 3, column 5).")]
    [InlineData("""{"limit":"x"}""", "limit", "is 'x'; it must be a whole number of 32 bits (line 1, column 10).")]
    [InlineData("""{"limit":1.5}""", "limit", "is 1.5; it must be a whole number of 32 bits (line 1, column 10).")]
    [InlineData("""{"limit":2147483648}""", "limit", "is 2147483648; it must be a whole number of 32 bits (line 1, column 10).")]
    [InlineData("""{"limit":1e400}""", "limit", "is 1e400; it must be a whole number of 32 bits (line 1, column 10).")]
    [InlineData("""{"user_id":5}""", "user_id", "is 5; it must be a text (line 1, column 12).")]
    [InlineData("""{"userId":{"a":[1]}}""", "user_id", "is an object; it must be a text (line 1, column 11).")]
    [InlineData("""{"recent_item_ids":"a"}""", "recent_item_ids", "is 'a'; it must be a list (line 1, column 20).")]
    [InlineData("""{"recent_item_ids":["a",null]}""", "recent_item_ids[1]", "is null; it must be a text (line 1, column 25).")]
    [InlineData("""{"context":[]}""", "context", "is a list; it must be an object (line 1, column 12).")]
    [InlineData("""{"context":{"hour":9}}""", "context[hour]", "is 9; it must be an object (line 1, column 20).")]
    [InlineData("""{"context":{"hour":{"int_value":"9.5"}}}""", "context[hour].int_value", "is '9.5'; it must be a whole number of 64 bits, as text where it is beyond 2^53 (line 1, column 33).")]
    [InlineData("""{"context":{"hour":{"int_value":9007199254740993}}}""", "context[hour].int_value", "is 9007199254740993; it must be a whole number of 64 bits, as text where it is beyond 2^53 (line 1, column 33).")]
    [InlineData("""{"context":{"hour":{"int_value":9,"float_value":9}}}""", "context[hour].float_value", "is the second field of 'kind', of which one may be set (line 1, column 35).")]
    [InlineData("""{"context":{"p":{"float_value":1e400}}}""", "context[p].float_value", "is 1e400; it must be a number (line 1, column 32).")]
    [InlineData("""{"options":{"explain":"true"}}""", "options.explain", "is 'true'; it must be true or false (line 1, column 23).")]
    [InlineData("""{"options":{"slate":{"pins":[{"rank":1},{"rank":true}]}}}""", "options.slate.pins[1].rank", "is true; it must be a whole number of 32 bits (line 1, column 49).")]
    public void Read_OfAFieldThatIsWrong_NamesItWithItsPlace(string json, string field, string description)
    {
        Failure failure = Fail<RecommendRequest>(json);

        Assert.Equal("INVALID_REQUEST", failure.Reason);
        Assert.Equal((field, description), (failure.Violations[0].Field, failure.Violations[0].Description));
    }

    [Theory]
    [InlineData("""{"events":[{"time":"yesterday"}]}""")]
    [InlineData("""{"events":[{"time":5}]}""")]
    [InlineData("""{"events":[{"time":"a\"b"}]}""")]
    [InlineData("""{"events":[{"time":"\\"}]}""")]
    [InlineData("""{"events":[{"time":"\u0000"}]}""")]
    [InlineData("""{"events":[{"time":"\n"}]}""")]
    [InlineData("""{"events":[{"time":"2026-13-01T00:00:00Z"}]}""")]
    public void Read_OfATimeThatIsNone_NamesItWithItsPlace(string json)
    {
        Failure failure = Fail<RecordEventsRequest>(json);

        Assert.Equal("events[0].time", Assert.Single(failure.Violations).Field);
        Assert.EndsWith("(line 1, column 20).", failure.Violations[0].Description, StringComparison.Ordinal);
    }

    /// <summary>Escapes are another way to write the same time.</summary>
    [Fact]
    public void Read_OfATimeWithEscapes_TakesIt() =>
        Assert.Equal(1_769_860_800, Read<RecordEventsRequest>("""{"events":[{"time":"\u0032026-01-31T12:00:00\u005a"}]}""").Events[0].Time.Seconds);

    /// <summary>A field that is null is not set; but protobuf's reader refuses it beside another one of its oneof, so it is told where.</summary>
    [Fact]
    public void Read_OfNullInAOneof_IsNothingAloneAndAFaultBesideAnother()
    {
        Assert.Equal(FeatureValue.KindOneofCase.None, Read<FeatureValue>("""{"int_value":null}""").KindCase);
        Failure failure = Fail<FeatureValue>("""{"int_value":1,"string_value":null}""");

        Assert.Equal(("string_value", "is the second field of 'kind', of which one may be set (line 1, column 16)."), (failure.Violations[0].Field, failure.Violations[0].Description));
    }

    /// <summary>Each fault is told with its place, and to find that costs as much as the text before it: beyond those that are told none is looked for.</summary>
    [Fact]
    public void Read_OfATextOfFaults_CostsNoMoreThanThoseThatAreTold()
    {
        byte[] few = Encoding.UTF8.GetBytes($$"""{"recent_item_ids":[{{string.Join(',', Enumerable.Repeat("1", 32))}}]}""");
        byte[] many = Encoding.UTF8.GetBytes($$"""{"recent_item_ids":[{{string.Join(',', Enumerable.Repeat("1", 100_000))}}]}""");

        Assert.True(AllocatedBy(many) <= AllocatedBy(few) + 4_096, $"{AllocatedBy(many)} bytes for many faults, {AllocatedBy(few)} for few.");
    }

    [Fact]
    public void Read_OfSeveralFaults_NamesAll()
    {
        Failure failure = Fail<RecommendRequest>("""{"limit":"x","a":{"b":[1,{"c":2}]},"recent_item_ids":[1,{"d":[]},"ok",true],"filter":"fine","request_id":7}""");

        Assert.Equal(["limit", "a", "recent_item_ids[0]", "recent_item_ids[1]", "recent_item_ids[3]", "request_id"], failure.Violations.Select(violation => violation.Field));
    }

    [Theory]
    [InlineData("{", "(line 1, column 2)")]
    [InlineData("[]", "a list is not a RecommendRequest; an object is (line 1, column 1).")]
    [InlineData(" 5", "a number is not a RecommendRequest; an object is (line 1, column 2).")]
    [InlineData("null", "null is not a RecommendRequest")]
    [InlineData("{} {}", "(line 1, column 4)")]
    [InlineData("{\"a\":1,}", "(line 1, column 8)")]
    [InlineData("// no\n{}", "(line 1, column 1)")]
    [InlineData("{\n\"limit\":\n  nul}", "(line 3, column ")]
    [InlineData("{\"user_id\":\"\\ud83d\"}", "half a character (line 1, column 12)")]
    [InlineData("{\"\\ud83d\":1}", "half a character (line 1, column 2)")]
    [InlineData("user_id=u1&limit=5", "(line 1, column 1)")]
    public void Read_OfWhatIsNoJson_TellsThePlace(string json, string expected)
    {
        Failure failure = Fail<RecommendRequest>(json);

        Assert.Equal("INVALID_JSON", failure.Reason);
        Assert.Contains(expected, failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Read_OfBytesThatAreNotUtf8_TellsThePlace()
    {
        byte[] json = [.. "{\"user_id\":\"é"u8, 0xC3, .. "\"}"u8];

        JsonMessages.Read<RecommendRequest>(new ReadOnlySequence<byte>(json), out Failure? failure);

        Assert.Contains("UTF-8 (line 1, column 14)", failure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(JsonShape.MaxDepth - 2, "INVALID_REQUEST")]
    [InlineData(JsonShape.MaxDepth, "INVALID_JSON")]
    [InlineData(1_000_000, "INVALID_JSON")]
    public void Read_OfADeepText_EndsAtTheLimit(int depth, string reason) =>
        Assert.Equal(reason, Fail<RecommendRequest>("{\"x\":" + new string('[', depth) + new string(']', depth) + "}").Reason);

    [Fact]
    public void Read_OfManyWrongNames_TellsABoundedNumber()
    {
        Failure failure = Fail<RecommendRequest>("{" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"{new string('x', 30)}{i}\":0")) + "}");

        Assert.Equal(32, failure.Violations.Count);
    }

    [Fact]
    public void Read_OfALineOfAStream_CountsFromItsNumber()
    {
        JsonMessages.Read<RecommendRequest>(new ReadOnlySequence<byte>("""{"limt":5}"""u8.ToArray()), out Failure? failure, firstLine: 17);

        Assert.Contains("(line 17, column 2)", failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OfAReply_HasTheNamesOfTheContractAndAllFields()
    {
        string json = Write(new GetStateResponse { BundleUsers = 5, Store = new() { Status = "none" } });

        Assert.Equal(
            """{"caches":[],"store":{"status":"none","address":"","waiting_events":"0","dropped_events":"0","failures":{}},"bundle_users":"5","changed_items":"0"}""",
            json.Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Write_OfAFailure_UnpacksItsDetails() =>
        Assert.Contains("\"reason\": \"OVERLOADED\"", Write(new RecommendStreamResponse { Error = FailureTable.Overloaded.ToRpcStatus() }), StringComparison.Ordinal);

    /// <summary>Whatever texts and numbers hold comes back as it was, and Google's own reader reads the same.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_OfWhatWasWritten_IsTheSame(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 300; i++)
        {
            var message = new RecommendRequest { UserId = Text(random), Limit = random.Next(int.MinValue, int.MaxValue) };
            message.RecentItemIds.Add(Enumerable.Range(0, random.Next(5)).Select(_ => Text(random)));
            message.Context[Text(random)] = new FeatureValue { FloatValue = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)) };
            message.Context[Text(random) + "\u4E2D😀"] = new FeatureValue { IntValue = random.NextInt64(long.MinValue, long.MaxValue) };
            message.Context["\u0000\u2028\"\\"] = new FeatureValue { StringValue = Text(random) };
            if (double.IsNaN(message.Context.Values.First().FloatValue))
                continue;

            string json = Write(message);

            Assert.True(message.Equals(Read<RecommendRequest>(json)), $"seed {seed}, message {i}: {json}");
            Assert.Equal(message, JsonParser.Default.Parse<RecommendRequest>(json));
        }
    }

    /// <summary>Runes of all lengths, with what JSON escapes among them.</summary>
    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(2000) == 0 ? 5000 : random.Next(12)).Select(_ =>
    {
        int value = random.Next(4) switch { 0 => random.Next(0x80), 1 => random.Next(0x800), 2 => random.Next(0x10000), _ => random.Next(0x110000) };
        return Rune.IsValid(value) ? new Rune(value).ToString() : "";
    }));

    private static T Read<T>(string json)
        where T : class, IMessage<T>, new()
    {
        T? whole = JsonMessages.Read<T>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), out Failure? failure);
        Assert.Null(failure);
        T? pieces = JsonMessages.Read<T>(InPieces(Encoding.UTF8.GetBytes(json), 3), out failure);
        Assert.Null(failure);
        Assert.Equal(whole!.ToByteString(), pieces!.ToByteString());
        return whole!;
    }

    private static long AllocatedBy(byte[] json)
    {
        var body = new ReadOnlySequence<byte>(json);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(JsonMessages.Read<RecommendRequest>(body, out Failure? failure));
        Assert.Equal(32, failure!.Violations.Count);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static Failure Fail<T>(string json)
        where T : class, IMessage<T>, new()
    {
        Assert.Null(JsonMessages.Read<T>(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)), out Failure? failure));
        return failure!;
    }

    private static string Write(IMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        JsonMessages.Write(message, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static ReadOnlySequence<byte> InPieces(byte[] bytes, int size)
    {
        if (bytes.Length <= size)
            return new ReadOnlySequence<byte>(bytes);
        Piece first = new(bytes.AsMemory(0, size), null), last = first;
        for (int start = size; start < bytes.Length; start += size)
            last = new Piece(bytes.AsMemory(start, Math.Min(size, bytes.Length - start)), last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            RunningIndex = before is null ? 0 : before.RunningIndex + before.Memory.Length;
            before?.Next = this;
        }
    }
}

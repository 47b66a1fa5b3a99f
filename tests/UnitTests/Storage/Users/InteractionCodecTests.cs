using Inference.Recommendations.Users;
using Inference.Storage.Events;
using Inference.Storage.Users;
using Xunit;

namespace UnitTests.Storage.Users;

public class InteractionCodecTests
{
    private static readonly Interaction Sample =
        new(0x0102_0304_0506_0708, "naïve item", InteractionType.Purchase, new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero), 2.5f);

    [Fact]
    public void Entry_HasTheBytesThatTheFormatSays()
    {
        byte[] entry = InteractionCodec.Encode(Sample);

        // Worked out by another program.
        Assert.Equal("27000104886A7B8BE34906000102030405060708000020406E61C3AF7665206974656D5A825687", Convert.ToHexString(entry));
        Assert.Equal("5253550101000000", Convert.ToHexString(InteractionCodec.EncodeAll([Sample]))[..16]);
    }

    [Fact]
    public void Values_OfAllKinds_ComeBack()
    {
        var random = new Random(1);
        for (int round = 0; round < 500; round++)
        {
            Interaction[] items = [.. Enumerable.Range(0, random.Next(20)).Select(_ => Some(random)).DistinctBy(item => item.EventKey)];

            Assert.True(InteractionCodec.TryDecode(InteractionCodec.EncodeAll(items), 100, out InteractionLog log));
            Assert.Equal(items.OrderBy(item => item.Time).ThenBy(item => item.EventKey), log);
        }
    }

    [Fact]
    public void Value_WithOneBitChanged_IsRefused()
    {
        byte[] value = InteractionCodec.EncodeAll([Sample, Sample with { EventKey = 9, ItemId = "other" }]);
        for (int bit = 0; bit < value.Length * 8; bit++)
        {
            byte[] changed = [.. value];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(InteractionCodec.TryDecode(changed, 100, out InteractionLog log), $"bit {bit}");
            Assert.Empty(log);
        }
    }

    [Fact]
    public void Value_CutOrLengthened_IsRefused()
    {
        byte[] value = InteractionCodec.EncodeAll([Sample, Sample with { EventKey = 9 }]);
        for (int length = 0; length < value.Length; length++)
            Assert.False(InteractionCodec.TryDecode(value.AsSpan(0, length), 100, out _), $"{length} bytes");
        Assert.False(InteractionCodec.TryDecode([.. value, 0], 100, out _));
    }

    [Fact]
    public void Bytes_ByChance_AreRefusedAndNothingIsThrown()
    {
        var random = new Random(2);
        byte[] head = InteractionCodec.EncodeAll([])[..4];
        for (int round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 8 && round % 2 == 0)
                head.CopyTo(bytes, 0);
            if (bytes.Length > 8 && round % 4 == 0)
                (bytes[4], bytes[5], bytes[6], bytes[7]) = ((byte)random.Next(8), 0, 0, 0);
            Assert.False(InteractionCodec.TryDecode(bytes, 100, out _));
            ReadOnlySpan<byte> message = bytes;
            if (EventMessage.ReadHeader(ref message, out _) == EventMessage.Kind.Events)
                Assert.False(EventMessage.TryReadEvent(ref message, out _, out _));
        }
    }

    [Fact]
    public void Message_OfEvents_ComesBack()
    {
        var random = new Random(3);
        (UserKey User, Interaction Item)[] events = [.. Enumerable.Range(0, 50).Select(i => (i % 5 == 0 ? default : new UserKey((ulong)random.NextInt64(), 1), Some(random)))];

        ReadOnlySpan<byte> message = EventMessage.OfEvents(7, [.. events.Select(item => (item.User, InteractionCodec.Encode(item.Item)))]);

        Assert.Equal(EventMessage.Kind.Events, EventMessage.ReadHeader(ref message, out ulong sender));
        Assert.Equal(7UL, sender);
        foreach ((UserKey user, Interaction item) in events)
        {
            Assert.True(EventMessage.TryReadEvent(ref message, out UserKey readUser, out Interaction readItem));
            Assert.Equal((user, item), (readUser, readItem));
        }

        Assert.True(message.IsEmpty);
    }

    [Fact]
    public void Message_OfAForgottenUser_ComesBack_AndItsDamageIsSeen()
    {
        var user = new UserIdentity(new UserKey(1, 2), new UserKey(3, 4));
        byte[] bytes = EventMessage.OfForget(7, user);
        ReadOnlySpan<byte> message = bytes;

        Assert.Equal(EventMessage.Kind.Forget, EventMessage.ReadHeader(ref message, out _));
        Assert.True(EventMessage.TryReadForget(message, out UserIdentity read));
        Assert.Equal(user, read);
        Assert.False(EventMessage.TryReadForget(message[..^1], out _));
        message = bytes.AsSpan(0, 5);
        Assert.Equal(EventMessage.Kind.None, EventMessage.ReadHeader(ref message, out _));
        bytes[0] = 2;
        message = bytes;
        Assert.Equal(EventMessage.Kind.None, EventMessage.ReadHeader(ref message, out _));
    }

    private static Interaction Some(Random random) => new(
        (ulong)random.NextInt64(),
        string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => "aß漢🎁"[random.Next(3)])),
        (InteractionType)random.Next(1, 7),
        DateTimeOffset.UnixEpoch.AddTicks(random.NextInt64(-60_000_000_000_000_000, 250_000_000_000_000_000) * 10),
        random.NextSingle());
}

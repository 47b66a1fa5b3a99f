using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>What users do changes what they are shown next; who is forgotten is unseen. A server of its own, for events move popularity too.</summary>
public class EventTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly RecommendationService.RecommendationServiceClient _recommendations = shared.Server.Recommendations;
    private readonly EventService.EventServiceClient _events = new(shared.Server.Channel);

    public static TheoryData<string, RecordEventsRequest> Violations => new()
    {
        { "events", new() },
        { "events", new() { Events = { Enumerable.Repeat(Good(), 1_025) } } },
        { "events[1].event_id", With(item => item.EventId = new string('e', 129)) },
        { "events[1].user_id", With(item => item.UserId = new string('u', 257)) },
        { "events[1].item_id", With(item => item.ItemId = "") },
        { "events[1].item_id", With(item => item.ItemId = new string('i', 257)) },
        { "events[1].type", With(item => item.Type = EventType.Unspecified) },
        { "events[1].type", With(item => item.Type = (EventType)7) },
        { "events[1].time", With(item => item.Time = new Timestamp { Nanos = -1 }) },
        { "events[1].time", With(item => item.Time = new Timestamp { Seconds = long.MaxValue }) },
        { "events[1].request_id", With(item => item.RequestId = new string('r', 129)) },
        { "events[1].slot", With(item => item.Slot = -1) },
        { "events[1].value", With(item => item.Value = double.NaN) },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task RecordEvents_WithOneViolation_NamesItsField(string field, RecordEventsRequest request)
    {
        CallFailure failure = await RunningServer.FailAsync(_events.RecordEventsAsync(request));

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_REQUEST"), (failure.Code, failure.Reason));
        Assert.Equal(field, Assert.Single(failure.Violations).Field);
    }

    [Fact]
    public async Task RecordEvents_WithSeveralViolations_NamesAll_AndRecordsNothing()
    {
        var request = new RecordEventsRequest { Events = { Good("whole"), new Event { Slot = -1 } } };

        CallFailure failure = await RunningServer.FailAsync(_events.RecordEventsAsync(request));

        Assert.Equal(["events[1].item_id", "events[1].slot", "events[1].type"], failure.Violations.Select(violation => violation.Field).Order());
        Assert.Equal(1, (await _events.RecordEventsAsync(new RecordEventsRequest { Events = { Good("whole") } })).Recorded);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x257")]
    public async Task ForgetUser_WithoutAUser_NamesTheField(string user)
    {
        CallFailure failure = await RunningServer.FailAsync(_events.ForgetUserAsync(new ForgetUserRequest { UserId = user.Length == 0 ? "" : new string('u', 257) }));

        Assert.Equal("user_id", Assert.Single(failure.Violations).Field);
    }

    [Fact]
    public async Task Recommend_AfterAClick_IsPersonal_AndShowsTheItemNoMore()
    {
        var request = new RecommendRequest { UserId = "clicks", Limit = 5 };
        RecommendResponse before = await _recommendations.RecommendAsync(request);
        string clicked = before.Items[0].ItemId;

        RecordEventsResponse recorded = await RecordAsync(new Event { UserId = "clicks", ItemId = clicked, Type = EventType.Click });
        RecommendResponse after = await _recommendations.RecommendAsync(request);

        Assert.Equal((1, 0, 0, 0), (recorded.Recorded, recorded.Duplicates, recorded.Refused, recorded.Dropped));
        Assert.NotEqual(Rung.UserTower, before.ServedBy);
        Assert.Equal(Rung.UserTower, after.ServedBy);
        Assert.DoesNotContain(after.Items, item => item.ItemId == clicked);
    }

    [Fact]
    public async Task Recommend_AfterASkip_IsWhatItWas()
    {
        var request = new RecommendRequest { UserId = "skips", Limit = 5 };
        RecommendResponse before = await _recommendations.RecommendAsync(request);

        await RecordAsync(new Event { UserId = "skips", ItemId = before.Items[0].ItemId, Type = EventType.Skip });

        Assert.Equal(before.ServedBy, (await _recommendations.RecommendAsync(request)).ServedBy);
    }

    [Fact]
    public async Task RecordEvents_OfKnownIds_AreDuplicates_AndOfNoIds_AreNot()
    {
        Event named = Good("again"), nameless = Good();

        Assert.Equal((3, 1), Counts(await RecordAsync(named, named, nameless, nameless)));
        Assert.Equal((1, 1), Counts(await RecordAsync(named, nameless)));

        static (int, int) Counts(RecordEventsResponse response) => (response.Recorded, response.Duplicates);
    }

    [Fact]
    public async Task RecordEvents_OfUnknownItemsAndOddTimes_AreTaken()
    {
        RecordEventsResponse recorded = await RecordAsync(
            new Event { UserId = "odd", ItemId = "of a later bundle", Type = EventType.View },
            new Event { UserId = "odd", ItemId = "long ago", Type = EventType.View, Time = new Timestamp() },
            new Event { UserId = "odd", ItemId = "tomorrow", Type = EventType.View, Time = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(1)) },
            new Event { ItemId = "anonymous", Type = EventType.Purchase, Value = 3 });

        Assert.Equal(4, recorded.Recorded);
    }

    [Fact]
    public async Task ForgetUser_MakesTheUserUnseen_AndRefusesWhatComesLater()
    {
        var request = new RecommendRequest { UserId = "forget me", Limit = 5 };
        RecommendResponse unseen = await _recommendations.RecommendAsync(request);
        await RecordAsync(new Event { UserId = "forget me", ItemId = unseen.Items[0].ItemId, Type = EventType.Like });
        Assert.Equal(Rung.UserTower, (await _recommendations.RecommendAsync(request)).ServedBy);

        ForgetUserResponse receipt = await _events.ForgetUserAsync(new ForgetUserRequest { UserId = "forget me" });
        RecordEventsResponse late = await RecordAsync(new Event { UserId = "forget me", ItemId = unseen.Items[1].ItemId, Type = EventType.Like });
        RecommendResponse after = await _recommendations.RecommendAsync(request);

        Assert.NotEmpty(receipt.ReceiptId);
        Assert.NotNull(receipt.Time);
        Assert.Equal((0, 1), (late.Recorded, late.Refused));
        Assert.Equal(unseen.ServedBy, after.ServedBy);
        Assert.NotEqual(receipt.ReceiptId, (await _events.ForgetUserAsync(new ForgetUserRequest { UserId = "forget me" })).ReceiptId);
    }

    private static Event Good(string id = "") => new() { EventId = id, UserId = "somebody", ItemId = "i", Type = EventType.View };

    private static RecordEventsRequest With(Action<Event> change)
    {
        Event changed = Good();
        change(changed);
        return new RecordEventsRequest { Events = { Good(), changed, Good() } };
    }

    private async Task<RecordEventsResponse> RecordAsync(params Event[] events) => await _events.RecordEventsAsync(new RecordEventsRequest { Events = { events } });
}

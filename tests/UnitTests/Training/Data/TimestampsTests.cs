using System.Globalization;
using System.Text;
using Inference.Training.Data;
using Xunit;

namespace UnitTests.Training.Data;

public sealed class TimestampsTests
{
    [Theory]
    [InlineData("1291191960", TimestampForm.UnixSeconds, 1291191960000)]
    [InlineData("-5", TimestampForm.UnixSeconds, -5000)]
    [InlineData("1291191960.25", TimestampForm.UnixSeconds, 1291191960250)]
    [InlineData("1291191960123", TimestampForm.UnixMilliseconds, 1291191960123)]
    [InlineData("2010-12-01", TimestampForm.Iso8601, 1291161600000)]
    [InlineData("2010-12-01T08:26", TimestampForm.Iso8601, 1291191960000)]
    [InlineData("2010-12-01 08:26:00", TimestampForm.Iso8601, 1291191960000)]
    [InlineData("2010-12-01T08:26:00.5Z", TimestampForm.Iso8601, 1291191960500)]
    [InlineData("2010-12-01T10:26:00+02:00", TimestampForm.Iso8601, 1291191960000)]
    [InlineData("2010-12-01T03:56:00.123456-0430", TimestampForm.Iso8601, 1291191960123)]
    public void TryRead_OfTimes_GivesMilliseconds(string text, TimestampForm form, long expected)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Assert.Equal(form, Timestamps.FormOf(utf8));
        Assert.True(Timestamps.TryRead(utf8, form, out long milliseconds));
        Assert.Equal(expected, milliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2010-13-01")]
    [InlineData("2011-02-29")]
    [InlineData("2010-12-01T25:00")]
    [InlineData("2010-12-01T08:26:00+")]
    [InlineData("2010-12-01x")]
    [InlineData("12911919600000000")]
    [InlineData("NaN")]
    [InlineData("12 ")]
    public void FormOf_WhatIsNoTime_IsUnknown(string text) => Assert.Equal(TimestampForm.Unknown, Timestamps.FormOf(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void TryRead_OfRandomIsoTimes_EqualsTheFramework()
    {
        var random = new Random(3);
        for (int i = 0; i < 1000; i++)
        {
            var time = new DateTimeOffset(random.NextInt64(DateTime.MinValue.AddDays(2).Ticks, DateTime.MaxValue.AddDays(-2).Ticks) / 10_000 * 10_000, TimeSpan.FromMinutes(random.Next(-720, 720)));
            string text = time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
            Assert.True(Timestamps.TryRead(Encoding.UTF8.GetBytes(text), TimestampForm.Iso8601, out long milliseconds), text);
            Assert.Equal(time.ToUnixTimeMilliseconds(), milliseconds);
        }
    }
}

namespace RedisRig;

/// <summary>Waits for what gives no signal.</summary>
internal static class Until
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks again and again until the answer is yes.</summary>
    /// <param name="condition">The question.</param>
    /// <param name="patience">How long it is asked.</param>
    /// <param name="message">What to say when it stays no.</param>
    /// <exception cref="TimeoutException">It stayed no.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan patience, Func<string> message)
    {
        TimeProvider time = TimeProvider.System;
        long start = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(start) > patience)
                throw new TimeoutException(message());
            await Task.Delay(s_pause, time);
        }
    }
}

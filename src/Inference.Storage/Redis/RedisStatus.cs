namespace Inference.Storage.Redis;

/// <summary>How it stands with Redis.</summary>
public enum RedisStatus
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Not connected, or connected to a Redis that does not answer; it is being tried.</summary>
    Connecting,

    /// <summary>Connected, and it answers.</summary>
    Connected,

    /// <summary>Connected, but left alone for a while after failures.</summary>
    Resting,
}

namespace Inference.Recommendations.Users;

/// <summary>Who asks or acts, as stores know them.</summary>
/// <param name="Key">The user's key under the present secret.</param>
/// <param name="Former">The key under the secret before the last rotation, where stores may still hold what they kept under it; nobody when there was no rotation.</param>
/// <param name="Bundle">The version of the model, "name/version", whose bundle tells what is known of its users from the start; null for the active one.</param>
public readonly record struct UserIdentity(UserKey Key, UserKey Former = default, string? Bundle = null)
{
    /// <summary>Whether this is an anonymous session, of which nothing is stored.</summary>
    public bool IsNobody => Key.IsNobody;
}

namespace Inference.Server.Entry;

/// <summary>What a method asks of its callers.</summary>
/// <param name="Path">"/package.Service/Method".</param>
/// <param name="Role">The role that a caller needs; <see cref="Roles.None"/> where everybody may call it.</param>
/// <param name="Class">How urgent its calls are.</param>
/// <param name="IsStream">Whether either side sends more than one message.</param>
/// <param name="Index">Its place among all rules.</param>
internal sealed record MethodRule(string Path, Roles Role, CallClass Class, bool IsStream, int Index);

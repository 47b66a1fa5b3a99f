using UnitTests.Towers;

namespace UnitTests.OnnxRuntime;

/// <summary>The towers trained on the Online Retail data, which lie outside the repository.</summary>
internal static class RetailTowers
{
    /// <summary>The path of one of their files; skips the test where they are not there.</summary>
    public static string File(string name) => Path.Combine(SharedFolder.Require("towers/online-retail"), name);
}

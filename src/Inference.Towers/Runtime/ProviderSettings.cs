namespace Inference.Towers.Runtime;

/// <summary>Reads settings of providers that are written as "provider.name=value", with the provider's own names.</summary>
internal static class ProviderSettings
{
    /// <summary>The settings of one provider; of a name that is there twice, the last counts.</summary>
    public static Dictionary<string, string> Of(string provider, IReadOnlyList<string> settings)
    {
        var own = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string setting in settings)
        {
            if (TryParse(setting, out string owner, out string name, out string value) && owner == provider)
                own[name] = value;
        }

        return own;
    }

    /// <summary>Splits a setting; false where it has not the form "provider.name=value".</summary>
    /// <remarks>The provider ends at the first dot, the name at the first '=': names of WebGPU have dots, and values may have both.</remarks>
    public static bool TryParse(string setting, out string provider, out string name, out string value)
    {
        provider = name = value = "";
        int equals = setting.IndexOf('=', StringComparison.Ordinal);
        int dot = setting.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || equals < dot + 2 || equals == setting.Length - 1)
            return false;
        provider = setting[..dot];
        name = setting[(dot + 1)..equals].Trim();
        value = setting[(equals + 1)..].Trim();
        return name.Length > 0 && value.Length > 0;
    }
}

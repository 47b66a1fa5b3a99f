using Inference.Server.Entry;

namespace Inference.Server.Security;

/// <summary>Roles as texts.</summary>
internal static class RoleNames
{
    /// <summary>Roles that follow from what else is configured.</summary>
    public const string Auto = "auto";

    /// <summary>Those that there are, for messages.</summary>
    public const string Known = "serve, events, catalogue, admin";

    /// <summary>One role; false for another text.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out Roles role)
    {
        role = name switch
        {
            "serve" => Roles.Serve,
            "events" => Roles.Events,
            "catalogue" => Roles.Catalogue,
            "admin" => Roles.Admin,
            "all" => Roles.All,
            "none" => Roles.None,
            _ => (Roles)(-1),
        };
        return role >= 0;
    }

    /// <summary>Several roles.</summary>
    /// <param name="names">Names; "all" and "none" are names too.</param>
    /// <param name="roles">All of them.</param>
    /// <param name="unknown">The first name that is none.</param>
    public static bool TryParse(IEnumerable<string> names, out Roles roles, out string unknown)
    {
        roles = Roles.None;
        unknown = "";
        foreach (string name in names)
        {
            if (!TryParse(name, out Roles role))
            {
                unknown = name;
                return false;
            }

            roles |= role;
        }

        return true;
    }

    /// <summary>Roles that were checked before, separated by commas.</summary>
    /// <exception cref="ArgumentException">A name is none.</exception>
    public static Roles Parse(string names) =>
        TryParse(names.Split(',', StringSplitOptions.TrimEntries), out Roles roles, out string unknown) ? roles : throw new ArgumentException($"'{unknown}' is no role.", nameof(names));

    /// <summary>The names of roles, with commas; "none" for none.</summary>
    public static string Of(Roles roles) => roles switch
    {
        Roles.None => "none",
        Roles.Serve => "serve",
        Roles.Events => "events",
        Roles.Catalogue => "catalogue",
        Roles.Admin => "admin",
        _ => string.Join(", ", new[] { Roles.Serve, Roles.Events, Roles.Catalogue, Roles.Admin }.Where(role => (roles & role) != 0).Select(Of)),
    };
}

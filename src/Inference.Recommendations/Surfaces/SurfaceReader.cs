using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Surfaces;

/// <summary>Reads one surface out of a file.</summary>
internal static partial class SurfaceReader
{
    /// <summary>Bytes of an id, an attribute's name, a boost's name and a filter.</summary>
    private const int IdBytes = 256, NameBytes = 256, BoostNameBytes = 64, FilterBytes = 8_192;

    private const int MostRetrievers = 32, MostCaps = 8, MostPins = 100, MostBoosts = 16;

    /// <summary>Quotas and depths.</summary>
    private const int MostItems = 10_000;

    private static readonly TimeSpan ShortestBudget = TimeSpan.FromMicroseconds(100), LongestBudget = TimeSpan.FromSeconds(1);

    /// <summary>Names that a retriever may have in any bundle; others are sources of a fused model.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. Sources.AllNames.Split(", "), SurfaceRetriever.Learned];

    public static Surface Read(string name, JsonElement element, string path, List<SurfaceProblem> problems)
    {
        var fields = new JsonFields(element, path, problems, "retrievers", "fusion", "depth", "rank", "rankBudget", "slate");
        if (!Name().IsMatch(name))
            fields.Add("", "is no name of a surface: 1 to 64 of a-z, 0-9 and \"_\".");
        var whole = new Surface { Name = name };
        return whole with
        {
            Retrievers = Retrievers(fields, problems),
            Fusion = (SurfaceFusion)fields.Choice("fusion", 0, "learned", "reciprocal_rank", "z_score"),
            Depth = fields.Whole("depth", whole.Depth, 1, MostItems),
            Ranks = fields.Flag("rank", whole.Ranks),
            RankBudget = fields.Duration("rankBudget", whole.RankBudget, ShortestBudget, LongestBudget),
            Slate = fields.TryGet("slate", out JsonElement slate) ? Slate(slate, fields.PathOf("slate"), problems) : SlateRules.None,
        };
    }

    private static List<SurfaceRetriever> Retrievers(JsonFields surface, List<SurfaceProblem> problems)
    {
        var retrievers = new List<SurfaceRetriever>();
        foreach ((JsonElement element, string path) in surface.List("retrievers", MostRetrievers))
        {
            // A name alone is a retriever with all defaults.
            bool isName = element.ValueKind == JsonValueKind.String;
            JsonFields? fields = isName ? null : new JsonFields(element, path, problems, "name", "weight", "budget", "quota", "optional", "attributes");
            string name = isName ? element.GetString()! : fields!.Required("name", NameBytes);
            string place = isName ? path : fields!.PathOf("name");
            if (name.Length > 0 || isName)
                CheckName(name, place, retrievers, problems);
            retrievers.Add(new SurfaceRetriever(
                name,
                (float)(fields?.Number("weight", 1, 0.000_001, 1_000_000) ?? 1),
                fields?.Duration("budget", DefaultBudget, ShortestBudget, LongestBudget) ?? DefaultBudget,
                fields?.Whole("quota", DefaultQuota, 1, MostItems) ?? DefaultQuota,
                fields?.Flag("optional", false) ?? false)
            {
                Attributes = fields is not null && fields.Has("attributes") ? Attributes(fields, name, problems) : [],
            });
        }

        return retrievers;
    }

    private static string[] Attributes(JsonFields retriever, string name, List<SurfaceProblem> problems)
    {
        var attributes = new List<string>();
        if (name != Sources.Content)
            retriever.Add("attributes", $"is there, but only '{Sources.Content}' goes by attributes.");
        foreach ((JsonElement element, string path) in retriever.List("attributes", SurfaceRetriever.MostAttributes))
        {
            if (element.ValueKind != JsonValueKind.String)
                problems.Add(new SurfaceProblem(path, $"is {JsonFields.NameOf(element)}; it must be a text."));
            else if (element.GetString() is not { Length: > 0 } attribute)
                problems.Add(new SurfaceProblem(path, "is empty."));
            else if (Encoding.UTF8.GetByteCount(attribute) > NameBytes)
                problems.Add(new SurfaceProblem(path, $"has {Encoding.UTF8.GetByteCount(attribute)} bytes; it may have {NameBytes}."));
            else if (attributes.Contains(attribute))
                problems.Add(new SurfaceProblem(path, $"is \"{attribute}\", which is there twice."));
            else
                attributes.Add(attribute);
        }

        return [.. attributes];
    }

    private const int DefaultQuota = 200;

    private static readonly TimeSpan DefaultBudget = TimeSpan.FromMilliseconds(5);

    private static void CheckName(string name, string place, List<SurfaceRetriever> before, List<SurfaceProblem> problems)
    {
        if (!Name().IsMatch(name))
            problems.Add(new SurfaceProblem(place, $"is \"{name}\"; {JsonFields.Meant(name, Kinds)} A source of the bundle's fused model goes by its own name: 1 to 64 of a-z, 0-9 and \"_\"."));
        else if (!Kinds.Contains(name) && Kinds.FirstOrDefault(kind => NearestName.Distance(kind, name) <= 2) is { } meant)
            problems.Add(new SurfaceProblem(place, $"is \"{name}\", which is no retriever; did you mean '{meant}'? There are {string.Join(", ", Kinds)}, and the sources of the bundle's fused model by name."));
        else if (before.Exists(retriever => retriever.Name == name))
            problems.Add(new SurfaceProblem(place, $"is \"{name}\", which is there twice."));
    }

    private static SlateRules Slate(JsonElement element, string path, List<SurfaceProblem> problems)
    {
        var fields = new JsonFields(element, path, problems, "diversity", "lambda", "caps", "pins", "boosts", "calibration", "coverageAttribute");
        if (fields.Has("diversity") && fields.Has("lambda"))
            fields.Add("lambda", "says the same as \"diversity\", which is 1 less it; give one of them.");
        return new SlateRules
        {
            Diversity = fields.Has("lambda") ? 1 - fields.Number("lambda", 1, 0, 1) : fields.Number("diversity", 0, 0, 1),
            Caps = Caps(fields, problems),
            Pins = Pins(fields, problems),
            Boosts = Boosts(fields, problems),
            Calibration = fields.TryGet("calibration", out JsonElement calibration) ? Calibration(calibration, fields.PathOf("calibration"), problems) : Surfaces.Calibration.Off,
            CoverageAttribute = fields.Text("coverageAttribute", "", NameBytes),
        };
    }

    private static List<AttributeCap> Caps(JsonFields slate, List<SurfaceProblem> problems)
    {
        var caps = new List<AttributeCap>();
        foreach ((JsonElement element, string path) in slate.List("caps", MostCaps))
        {
            var fields = new JsonFields(element, path, problems, "attribute", "most");
            string attribute = fields.Required("attribute", NameBytes);
            if (!fields.Has("most"))
                fields.Add("most", "is missing.");
            else if (attribute.Length > 0 && caps.Exists(cap => cap.Attribute == attribute))
                fields.Add("attribute", $"is \"{attribute}\", which has a cap already.");
            caps.Add(new AttributeCap(attribute, fields.Whole("most", 1, 1, MostItems)));
        }

        return caps;
    }

    private static List<Pin> Pins(JsonFields slate, List<SurfaceProblem> problems)
    {
        var pins = new List<Pin>();
        foreach ((JsonElement element, string path) in slate.List("pins", MostPins))
        {
            var fields = new JsonFields(element, path, problems, "itemId", "rank");
            string item = fields.Required("itemId", IdBytes);
            if (!fields.Has("rank"))
                fields.Add("rank", "is missing.");
            int rank = fields.Whole("rank", 1, 1, MostItems);
            if (item.Length > 0 && pins.Exists(pin => pin.ItemId == item))
                fields.Add("itemId", $"is \"{item}\", which has a place already.");
            if (fields.Has("rank") && pins.Exists(pin => pin.Rank == rank))
                fields.Add("rank", $"is {rank}, which has an item already.");
            pins.Add(new Pin(item, rank));
        }

        return pins;
    }

    private static List<Boost> Boosts(JsonFields slate, List<SurfaceProblem> problems)
    {
        var boosts = new List<Boost>();
        foreach ((JsonElement element, string path) in slate.List("boosts", MostBoosts))
        {
            var fields = new JsonFields(element, path, problems, "name", "filter", "amount");
            string filter = fields.Required("filter", FilterBytes);
            if (filter.Length > 0 && !ItemFilter.TryParse(filter, out _, out FilterError? error))
                fields.Add("filter", $"is no filter: {error}");
            if (!fields.Has("amount"))
                fields.Add("amount", "is missing.");
            string name = fields.Text("name", filter, fields.Has("name") ? BoostNameBytes : FilterBytes);
            boosts.Add(new Boost(name, filter, fields.Number("amount", 0, -100, 100)));
        }

        return boosts;
    }

    private static Calibration Calibration(JsonElement element, string path, List<SurfaceProblem> problems)
    {
        var fields = new JsonFields(element, path, problems, "strength", "popularShare");
        if (!fields.Has("strength"))
            fields.Add("strength", "is missing.");
        return new Calibration(fields.Number("strength", 0, 0, 1), fields.Has("popularShare") ? fields.Number("popularShare", 0, 0, 1) : null);
    }

    [GeneratedRegex("^[a-z0-9_]{1,64}\\z")]
    private static partial Regex Name();
}

using System.Buffers.Binary;
using Fuzz.Engine;
using Inference.Recommendations.Fusion;
using Inference.Towers.Bundles;
using Inference.Towers.Fusion;
using Inference.Vectors.Files;
using UnitTests.Towers;

namespace Fuzz.Targets;

/// <summary>fusion.json with its files whole, or one of its lists with the rest whole.</summary>
internal sealed class FusionTarget : FileTarget
{
    private const int HeaderBytes = 48;

    private readonly string _name;
    private readonly string _file;
    private readonly SmallFusion _fusion = new(WrittenFiles.World);
    private readonly Dictionary<string, CheckedFile> _files = new(StringComparer.Ordinal);

    /// <param name="file">"fusion.json", or what the name of a file of lists begins with.</param>
    public FusionTarget(string file)
    {
        _file = file == "lists" ? WrittenFiles.All.First(pair => pair.Value.AsSpan().StartsWith("RECLISTS"u8)).Key : file;
        _name = file == "lists" ? "bundle-lists" : "bundle-fusion";
    }

    public override string Name => _name;

    public override (long PerByte, long Free) MostAllocated => (2_048, 8 << 20);

    public override IReadOnlyList<string> Tokens => _file == "fusion.json"
        ? ["null", "-1", "1e39", "1e400", "[]", "{}", "[null]", "\"sources\":", "\"weights\":", "\"points\":", "\"kind\":\"neighbours\"", "\"file\":\"items.jsonl\"", "\"new_items\":", "\"decay\":", "2147483648", "\"tower\"", "\"clusters\":"]
        : [];

    public override IEnumerable<byte[]> Seeds() => [WrittenFiles.All[_file]];

    public override void Repair(ref byte[] input)
    {
        if (_file == "fusion.json" || input.Length < HeaderBytes)
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(40), Crc32C.Of(input.AsSpan(HeaderBytes)));
        BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(44), Crc32C.Of(input.AsSpan(0, 44)));
    }

    public override bool Read(byte[] input)
    {
        if (_files.Count == 0)
        {
            WrittenFiles.WriteTo(Folder);
            foreach ((string name, byte[] content) in WrittenFiles.All)
                _files[name] = new CheckedFile(name, PathOf(name), new string('0', 64), (content.Length, default));
        }

        Put(_file, input);
        var problems = new BundleProblems();
        using FusionPlan? plan = new FusionReader(_files["fusion.json"], _files, WrittenFiles.World.ItemCount, _fusion.Profiles, _fusion.Popularity, problems).Read();
        return Settle(problems, plan is not null);
    }

    protected override void Dispose(bool disposing)
    {
        _fusion.Dispose();
        base.Dispose(disposing);
    }
}

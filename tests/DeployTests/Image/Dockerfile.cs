using System.Text.RegularExpressions;
using UnitTests.Testing;

namespace DeployTests.Image;

/// <summary>A Dockerfile as its stages and their instructions, with the values of its ARGs put in.</summary>
internal sealed partial class Dockerfile
{
    private Dockerfile(IReadOnlyList<Stage> stages) => Stages = stages;

    public IReadOnlyList<Stage> Stages { get; }

    public Stage Last => Stages[^1];

    public static Dockerfile Read(string path)
    {
        // Comments go, continued lines join.
        string text = string.Join('\n', File.ReadLines(Repository.PathOf(path)).Where(static line => !line.TrimStart().StartsWith('#')));
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        var stages = new List<Stage>();
        foreach (string line in Continued().Replace(text, " ").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string name = line.Split(' ', 2)[0].ToUpperInvariant(), rest = Variable().Replace(line[name.Length..].Trim(), match => arguments.GetValueOrDefault(match.Groups[1].Value, match.Value));
            switch (name)
            {
                case "ARG" when stages.Count == 0:
                    arguments[rest.Split('=')[0]] = rest.Split('=', 2)[1];
                    break;
                case "FROM":
                    string[] words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    stages.Add(new Stage(words is [_, "AS", var stage] ? stage : "", words[0], []));
                    break;
                default:
                    stages[^1].Instructions.Add(new Instruction(name, rest));
                    break;
            }
        }

        return new Dockerfile(stages);
    }

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continued();

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Variable();

    /// <param name="Name">Empty for none.</param>
    /// <param name="Base">The image or stage that it begins with.</param>
    internal sealed record Stage(string Name, string Base, List<Instruction> Instructions)
    {
        public IEnumerable<string> Of(string name) => Instructions.Where(instruction => instruction.Name == name).Select(instruction => instruction.Text);

        /// <summary>Environment variables.</summary>
        public Dictionary<string, string> Environment =>
            Of("ENV").SelectMany(static text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1].Trim('"'));
    }

    internal sealed record Instruction(string Name, string Text);
}

using System.Text.RegularExpressions;
using DeployTests.Files;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Image;

/// <summary>
/// The image of deploy/Dockerfile, built without a container engine: its instructions are carried out as plain commands, in folders that hold what the stages would hold and nothing else. What would install Debian packages is
/// left out, for this machine has them; the base images are this machine.
/// </summary>
internal sealed partial class BuiltImage : IDisposable
{
    private readonly string _folder, _context, _build;

    private BuiltImage(string folder, Dockerfile.Stage stage) => (_folder, _context, _build, Root, Stage) = (folder, folder + "/context", folder + "/build", folder + "/image", stage);

    /// <summary>The root of the image's file system.</summary>
    public string Root { get; }

    /// <summary>Its last stage.</summary>
    public Dockerfile.Stage Stage { get; }

    public static async Task<BuiltImage> MakeAsync()
    {
        Dockerfile file = Dockerfile.Read("deploy/Dockerfile");
        string folder = Directory.CreateTempSubdirectory("image-").FullName;
        // Whoever runs in it has no rights on what is above it but to pass.
        (int code, _, string error) = await Programs.RunAsync("chmod", ["755", folder]);
        Assert.True(code == 0, error);
        var image = new BuiltImage(folder, file.Last);
        await image.CopyContextAsync();
        await image.RunAsync(file.Stages[0], image._build);
        await image.RunAsync(file.Last, image.Root);
        return image;
    }

    /// <summary>A path of the image as one of this machine.</summary>
    public string PathOf(string path) => Root + path;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What git knows of the repository, less what the .dockerignore leaves out.</summary>
    private async Task CopyContextAsync()
    {
        (int code, string output, string error) = await Programs.RunAsync("git", ["-C", Repository.Root, "ls-files", "--cached", "--others", "--exclude-standard"]);
        Assert.True(code == 0, error);
        Regex[] taken =
        [
            .. File.ReadLines(Repository.PathOf("deploy/Dockerfile.dockerignore")).Where(static line => line.StartsWith('!'))
                .Select(static line => new Regex("^" + Regex.Escape(line[1..]).Replace(@"\*", "[^/]*", StringComparison.Ordinal) + "(/|$)")),
        ];
        foreach (string path in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!File.Exists(Repository.PathOf(path)) || !taken.Any(pattern => pattern.IsMatch(path)) || path.Split('/').Any(static part => part is "bin" or "obj" or "node_modules"))
                continue;
            string target = Path.Combine(_context, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Repository.PathOf(path), target);
        }
    }

    private async Task RunAsync(Dockerfile.Stage stage, string root)
    {
        string folder = "/";
        Directory.CreateDirectory(root);
        foreach ((string name, string text) in stage.Instructions)
        {
            switch (name)
            {
                case "WORKDIR":
                    folder = text;
                    Directory.CreateDirectory(root + folder);
                    break;
                case "COPY":
                    await CopyAsync(text, root, folder);
                    break;
                case "RUN" when !text.StartsWith("apt-get", StringComparison.Ordinal):
                    // Absolute paths of the image are below its root here. Who is not root owns all of it and cannot give it away.
                    string command = OfTheImage().Replace(text, match => root + match.Value);
                    if (!Environment.IsPrivilegedProcess)
                        command = Ownership().Replace(command, "");
                    (int code, string output, string error) = await Programs.RunAsync("bash", ["-c", command], root + folder, stage.Environment.ToDictionary(static pair => pair.Key, static pair => (string?)pair.Value));
                    Assert.True(code == 0, $"{command}\n{output}\n{error}");
                    break;
            }
        }
    }

    private async Task CopyAsync(string text, string root, string folder)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string source = _context;
        if (words[0].StartsWith("--from=", StringComparison.Ordinal))
            (source, words) = (_build, words[1..]);
        string target = root + (words[^1].StartsWith('/') ? words[^1] : Path.Combine(folder, words[^1]));
        bool isFolder = words[^1].EndsWith('/') || words.Length > 2 || Directory.Exists(source + "/" + words[0].TrimStart('/'));
        Directory.CreateDirectory(isFolder ? target : Path.GetDirectoryName(target)!);
        // Of a folder its content is copied.
        string script = string.Join('\n', words[..^1].Select(word => $"for one in {source}/{word.TrimStart('/')}; do if [ -d \"$one\" ]; then cp -R \"$one/.\" {target}; else cp \"$one\" {target}; fi || exit 1; done"));
        (int code, _, string error) = await Programs.RunAsync("bash", ["-c", script]);
        Assert.True(code == 0, $"COPY {text}: {error}");
    }

    [GeneratedRegex(@"(?<=\s)/(app|models|cache|decisions)\b")]
    private static partial Regex OfTheImage();

    [GeneratedRegex("&& chown [^&]*")]
    private static partial Regex Ownership();
}

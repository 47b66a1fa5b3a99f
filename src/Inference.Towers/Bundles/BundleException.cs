namespace Inference.Towers.Bundles;

/// <summary>A bundle was refused. <see cref="Reasons"/> has everything that is wrong with it, not only the first.</summary>
public sealed class BundleException : Exception
{
    /// <param name="bundle">Folder of the bundle.</param>
    /// <param name="reasons">What is wrong; at least one.</param>
    /// <param name="innerException">The failure behind it, if it is one.</param>
    public BundleException(string bundle, IReadOnlyList<string> reasons, Exception? innerException = null)
        : base($"The bundle '{bundle}' is refused:{Environment.NewLine}{string.Join(Environment.NewLine, reasons.Select(reason => "  - " + reason))}", innerException)
    {
        Bundle = bundle;
        Reasons = reasons;
    }

    /// <summary>Folder of the bundle.</summary>
    public string Bundle { get; }

    /// <summary>What is wrong, each with the file and field that it is about.</summary>
    public IReadOnlyList<string> Reasons { get; }
}

namespace Inference.Towers.Loading;

/// <summary>How much of the machine a load takes.</summary>
public enum LoadPace
{
    /// <summary>All of it, for nobody is served yet.</summary>
    Full,

    /// <summary>What those who are served leave over: few threads, which stand back (<see cref="LoadingOptions.Threads"/>, <see cref="LoadingOptions.Niceness"/>).</summary>
    Background,
}

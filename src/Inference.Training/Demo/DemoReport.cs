namespace Inference.Training.Demo;

/// <summary>What a demo world became.</summary>
/// <param name="Bundle">Folder of the bundle.</param>
/// <param name="Data">Folder of the event log, users and items; its subfolder truth holds the truth.</param>
/// <param name="Items">Items of the catalogue.</param>
/// <param name="Users">Users with history.</param>
/// <param name="Events">Events of the log.</param>
/// <param name="Profiles">Cluster profiles.</param>
/// <param name="Scores">How the bundle does on what users took next.</param>
public sealed record DemoReport(string Bundle, string Data, int Items, int Users, long Events, int Profiles, IReadOnlyList<DemoScore> Scores);

namespace Inference.Cli.Evaluation.Html;

/// <summary>How the report looks: one column that fits a phone, colours for light and dark.</summary>
internal static class ReportStyle
{
    /// <summary>Number of colours for models; each comes back with other dashes.</summary>
    public const int Colours = 10;

    private static readonly string[] Dashes = ["none", "7 3", "2 3"];

    public static string Css => """
        :root { color-scheme: light dark; --back: #ffffff; --card: #f6f8fa; --ink: #1f2328; --soft: #59636e; --grid: #d8dee4; --good: #1a7f37; --bad: #cf222e; --tint: #ddf4e4; --tint-bad: #ffe3e1;
          --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df; --c4: #bf3989; --c5: #0e7c86; --c6: #9a6700; --c7: #6e7781; --c8: #a40e26; --c9: #3b5bdb; }
        @media (prefers-color-scheme: dark) { :root { --back: #0d1117; --card: #161b22; --ink: #e6edf3; --soft: #9198a1; --grid: #30363d; --good: #3fb950; --bad: #f85149; --tint: #12331f; --tint-bad: #3d1618;
          --c0: #58a6ff; --c1: #f0883e; --c2: #3fb950; --c3: #bc8cff; --c4: #f778ba; --c5: #39c5cf; --c6: #d29922; --c7: #8b949e; --c8: #ff7b72; --c9: #91a7ff; } }
        * { box-sizing: border-box }
        body { margin: 0; background: var(--back); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif }
        main { max-width: 960px; margin: 0 auto; padding: 24px 16px 64px }
        h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px } h2 { font-size: 19px; margin: 40px 0 4px } h3 { font-size: 15px; margin: 20px 0 4px }
        p { margin: 4px 0 12px } .soft { color: var(--soft) } small { color: var(--soft) }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 10px; margin: 20px 0 }
        .tile { background: var(--card); border: 1px solid var(--grid); border-radius: 8px; padding: 10px 12px } .tile b { display: block; font-size: 20px; line-height: 1.3 } .tile span { color: var(--soft); font-size: 13px }
        .scroll { overflow-x: auto; margin: 8px 0 } table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap }
        th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--grid) } th { color: var(--soft); font-weight: 600 } th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--back) }
        td.best { font-weight: 700; color: var(--good) } td.up { background: var(--tint); color: var(--good) } td.down { background: var(--tint-bad); color: var(--bad) } td.same { color: var(--soft) }
        th.turned { vertical-align: bottom; height: 130px; padding: 4px } th.turned span { writing-mode: vertical-rl; transform: rotate(180deg) }
        details { margin: 8px 0 } summary { cursor: pointer; color: var(--soft) } pre, code { font: 13px ui-monospace, Menlo, Consolas, monospace } pre { background: var(--card); border: 1px solid var(--grid); border-radius: 8px; padding: 10px 12px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
        .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 8px 0; font-size: 13px } .legend span { display: inline-flex; align-items: center; gap: 6px } .legend svg { width: 28px; height: 10px; flex: none }
        svg.chart { display: block; width: 100%; height: auto; margin: 8px 0 } svg text { font: 12px system-ui, sans-serif; fill: var(--ink) } svg .soft { fill: var(--soft) } svg .grid { stroke: var(--grid) }
        @media (max-width: 560px) { svg text { font-size: 17px } main { padding: 16px 12px 48px } }
        """;

    /// <summary>Colour of the n-th model.</summary>
    public static string Colour(int model) => $"var(--c{model % Colours})";

    /// <summary>Dashes of its lines, which tell apart what shares a colour.</summary>
    public static string Dash(int model) => Dashes[model / Colours % Dashes.Length];
}

using System.Xml.Linq;
using Inference.Cli.IndexBench;
using Xunit;

namespace UnitTests.Cli.IndexBench;

public sealed class RecallPlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Draw_WithTwoCurves_HasALineAndALabelForEach()
    {
        XElement picture = Draw("a < b & c", ("fast", [new CurvePoint(10, 0.81, 50_000), new CurvePoint(40, 0.99, 9_000)]), ("<odd>", [new CurvePoint(0, 1, 600)]));
        Assert.Equal(2, picture.Elements(Svg + "polyline").Count());
        Assert.Equal(3, picture.Elements(Svg + "circle").Count());
        Assert.Contains(picture.Elements(Svg + "text"), static text => text.Value == "<odd>");
        Assert.Contains(picture.Elements(Svg + "text"), static text => text.Value == "a < b & c");
        Assert.Contains("prefers-color-scheme: dark", picture.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_WithAFasterPoint_PutsItHigherAndHigherRecallToTheRight()
    {
        XElement picture = Draw("t", ("fast", [new CurvePoint(10, 0.9, 50_000), new CurvePoint(40, 0.99, 5_000)]));
        XElement[] circles = [.. picture.Elements(Svg + "circle")];
        Assert.True((double)circles[0].Attribute("cy")! < (double)circles[1].Attribute("cy")!);
        Assert.True((double)circles[0].Attribute("cx")! < (double)circles[1].Attribute("cx")!);
    }

    [Fact]
    public void Draw_WithAnything_StaysWithinThePicture()
    {
        XElement picture = Draw("t", ("a", [new CurvePoint(10, 0, 0.5), new CurvePoint(40, 1, 3_000_000)]), ("none", []));
        foreach (XElement circle in picture.Elements(Svg + "circle"))
        {
            Assert.InRange((double)circle.Attribute("cx")!, 0, 760);
            Assert.InRange((double)circle.Attribute("cy")!, 0, 460);
        }
    }

    [Fact]
    public void Draw_WithNoCurves_IsAnEmptyPicture() => Assert.Empty(Draw("t").Elements(Svg + "polyline"));

    private static XElement Draw(string title, params (string, IReadOnlyList<CurvePoint>)[] curves) => XDocument.Parse(RecallPlot.Draw(title, curves)).Root!;
}

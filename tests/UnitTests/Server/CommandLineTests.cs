using Inference.Server.Configuration;
using Xunit;

namespace UnitTests.Server;

public class CommandLineTests
{
    [Theory]
    [InlineData("--bundle", "models/demo")]
    [InlineData("--bundle=models/demo")]
    [InlineData("--Inference:Bundle:Path=models/demo")]
    [InlineData("--inference:bundle:path", "models/demo")]
    [InlineData("--Inference__Bundle__Path=models/demo")]
    public void Parse_WithAnyFormOfAnOption_SetsItsKey(params string[] args)
    {
        CommandLine commandLine = CommandLine.Parse(args);

        Assert.Empty(commandLine.Problems);
        Assert.Equal("models/demo", commandLine.Settings["Inference:Bundle:Path"]);
    }

    [Fact]
    public void Parse_WithTheSameOptionTwice_TakesTheLast() =>
        Assert.Equal("b", CommandLine.Parse(["--bundle=a", "--bundle", "b"]).Settings["Inference:Bundle:Path"]);

    [Fact]
    public void Parse_WithSeveralMistakes_ReportsEach()
    {
        CommandLine commandLine = CommandLine.Parse(["--bundel=x", "stray", "--http", "--grpc=127.0.0.1:1"]);

        Assert.Collection(
            commandLine.Problems,
            problem => Assert.Equal("--bundel is unknown; did you mean --bundle?", problem),
            problem => Assert.StartsWith("'stray' is not an option", problem, StringComparison.Ordinal),
            problem => Assert.StartsWith("--http needs a value", problem, StringComparison.Ordinal));
        Assert.Equal("127.0.0.1:1", commandLine.Settings["Inference:Server:GrpcAddress"]);
    }

    [Fact]
    public void Parse_WithAnOptionForgottenToBeInASection_NamesTheWholeKey() =>
        Assert.Equal(["--MaxLimit is unknown; did you mean --Inference:Recommend:MaxLimit?"], CommandLine.Parse(["--MaxLimit=5"]).Problems);

    [Theory]
    [InlineData("--help", (int)CommandLineAction.ShowHelp)]
    [InlineData("-h", (int)CommandLineAction.ShowHelp)]
    [InlineData("--version", (int)CommandLineAction.ShowVersion)]
    [InlineData("--check", (int)CommandLineAction.CheckConfiguration)]
    public void Parse_WithAnAction_TakesIt(string argument, int action) => Assert.Equal((CommandLineAction)action, CommandLine.Parse([argument]).Action);

    [Fact]
    public void Make_ForHelp_NamesEveryOptionAndShortForm()
    {
        string help = HelpText.Make();

        Assert.All(OptionCatalogue.Entries, entry => Assert.Contains($"--{entry.Key}=", help, StringComparison.Ordinal));
        Assert.All(CommandLine.ShortForms, form => Assert.Contains(form.Name, help, StringComparison.Ordinal));
    }
}

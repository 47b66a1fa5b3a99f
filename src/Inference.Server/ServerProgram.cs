using System.Collections;
using System.Net.Sockets;
using Inference.Server.Admission;
using Inference.Server.Configuration;
using Inference.Server.Hosting;
using Inference.Server.Models;
using Inference.Server.Options;
using Inference.Server.Security;
using Inference.Server.Surfaces;
using Inference.Server.Telemetry;
using Inference.Storage.Redis;
using Inference.Towers.Bundles;
using Microsoft.Extensions.Logging.Console;

namespace Inference.Server;

/// <summary>The process: command line → options → host → first screen → end, and what each way to fail prints and returns.</summary>
public static class ServerProgram
{
    /// <summary>Stopped as asked.</summary>
    public const int Ok = 0;

    /// <summary>A port, the bundle or the host failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the configuration is wrong.</summary>
    public const int WrongOptions = 2;

    /// <param name="args">The command line.</param>
    /// <param name="environment">Environment variables by name.</param>
    /// <param name="output">Where the first screen goes.</param>
    /// <param name="error">Where problems go.</param>
    /// <param name="cancellationToken">Stops the server, as SIGTERM does.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, IDictionary environment, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        CommandLine commandLine = CommandLine.Parse(args);
        switch (commandLine.Action)
        {
            case CommandLineAction.ShowHelp:
                await output.WriteAsync(HelpText.Make());
                return Ok;
            case CommandLineAction.ShowVersion:
                await output.WriteLineAsync(TelemetryPipeline.Version);
                return Ok;
        }

        var problems = new List<string>(commandLine.Problems);
        var options = new InferenceOptions();
        SettingsSources sources = SettingsSources.Read(commandLine, environment, AppContext.BaseDirectory, Environment.CurrentDirectory, problems);
        OptionBinder.Bind(sources, options, problems);
        if (problems.Count > 0)
            return await RefuseAsync(error, "The configuration is refused:", problems, WrongOptions);
        if (commandLine.Action == CommandLineAction.CheckConfiguration)
        {
            await output.WriteLineAsync("The configuration is fine.");
            return Ok;
        }

        if (!ModelRepository.TryOpen(options.Bundle, out _, out string? problem))
            return await RefuseAsync(error, problem, [], Failed);
        return await ServeAsync(options, sources.Configuration, environment[ServiceManager.Variable] as string, output, error, cancellationToken);
    }

    private static async Task<int> ServeAsync(InferenceOptions options, IConfiguration configuration, string? serviceManager, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        await using ServerHost host = ServerHost.Build(options, logging => ConfigureLogging(logging, configuration));
        CallAdmission admission = host.Services.GetRequiredService<CallAdmission>();
        using PoolThreads pool = PoolThreads.Keep(options.Towers, () => admission.IsFull);
        Readiness readiness = host.Services.GetRequiredService<Readiness>();
        using BackgroundCollections? collections = BackgroundCollections.Keep(() => readiness.State == ServerState.Ready);
        using OverloadScheduling scheduling = OverloadScheduling.Keep(() => admission.Pressure.RefusedShare);
        try
        {
            await host.StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return await RefuseAsync(error, $"{Sentence(e)} Choose another address with --grpc ADDR, --http ADDR or --Inference:Server:AdminAddress=ADDR.", [], Failed);
        }

        if (options.Redis.IsConfigured && options.State.IsSecretPublic)
            Log.SecretIsPublic(host.Services.GetRequiredService<ILogger<ServerHost>>());
        SecurityWarnings.Tell(options, host.Services.GetRequiredService<CallerCheck>(), host.Services.GetRequiredService<ILogger<ServerHost>>());
        Task following = ServiceManager.FollowAsync(serviceManager, readiness, host.Services.GetRequiredService<ILogger<ServerHost>>());
        Task shutdown = host.WaitForShutdownAsync(cancellationToken);
        try
        {
            LoadedModel model = await host.Loaded;
            await output.WriteAsync(FirstScreen.Make(model, new ScreenAddress(host.GrpcAddress), new ScreenAddress(host.HttpAddress), host.AdminAddress is { } admin ? new ScreenAddress(admin) : null, SecurityWarnings.Describe(options, host.Services.GetRequiredService<CallerCheck>()), options.Telemetry.Prometheus, options.Server.HttpApi, host.Services.GetService<RedisConnection>(),
                host.Services.GetRequiredService<ServedSurfaces>().Current));
        }
        catch (BundleException e)
        {
            await host.StopAsync(CancellationToken.None);
            return await RefuseAsync(error, $"The bundle '{e.Bundle}' is refused:", e.Reasons, Failed);
        }
        catch (OperationCanceledException)
        {
            // Stopped before the model was there: that is a stop as asked.
        }

        await shutdown;
        await following;
        return Ok;
    }

    private static void ConfigureLogging(ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.AddConfiguration(configuration.GetSection("Logging"));
        // Why a start failed is told by this class, in one line; the framework would add its stack.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        // Logs go to the error stream; the first screen has the output to itself.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static async Task<int> RefuseAsync(TextWriter error, string headline, IReadOnlyCollection<string> reasons, int code)
    {
        await error.WriteLineAsync(headline);
        foreach (string reason in reasons)
            await error.WriteLineAsync($"  - {reason}");
        return code;
    }

    private static string Sentence(Exception e) => e.Message.EndsWith('.') ? e.Message : e.Message + ".";
}

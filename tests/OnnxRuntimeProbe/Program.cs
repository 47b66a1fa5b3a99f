using Microsoft.ML.OnnxRuntime;

// OnnxRuntimeProbe run MODEL             runs y = f(x) for x = (1, 2, 3), prints y, then the names of this process's threads
// OnnxRuntimeProbe global-threads MODEL  the same with global thread pools and a log function of its own
//
// Prints key=value lines. An exception is printed as error=Type: message and ends the process with 1.
try
{
    switch (args)
    {
        case ["run", string model]:
            using (var options = new SessionOptions { IntraOpNumThreads = 1 })
                Run(model, options);
            // Whatever a library starts in the background gets the time to show itself.
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            PrintThreads();
            return 0;

        case ["global-threads", string model]:
            int lines = 0;
            using (var threads = new OrtThreadingOptions { GlobalIntraOpNumThreads = 3, GlobalInterOpNumThreads = 1, GlobalSpinControl = false })
            {
                var creation = new EnvironmentCreationOptions
                {
                    logId = "probe",
                    logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_INFO,
                    threadOptions = threads,
                    loggingParam = 42,
                    loggingFunction = (param, severity, category, logId, codeLocation, message) =>
                    {
                        if (param == 42 && message.Length > 0)
                            Interlocked.Increment(ref lines);
                        throw new InvalidOperationException("a log function that fails must not end the process");
                    },
                };
                Console.WriteLine($"created before={OrtEnv.IsCreated}");
                OrtEnv.CreateInstanceWithOptions(ref creation);
                Console.WriteLine($"created after={OrtEnv.IsCreated}");
            }
            using (var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_INFO })
            {
                options.DisablePerSessionThreads();
                Run(model, options);
            }
            Console.WriteLine($"logged={Volatile.Read(ref lines) > 0}");
            PrintThreads();
            return 0;

        default:
            Console.Error.WriteLine("usage: OnnxRuntimeProbe run|global-threads MODEL");
            return 2;
    }
}
catch (Exception error)
{
    Console.WriteLine($"error={error.GetType().Name}: {error.Message}");
    return 1;
}

static void Run(string model, SessionOptions options)
{
    using var session = new InferenceSession(model, options);
    using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3 }, [1, 3]);
    using var runOptions = new RunOptions();
    using var results = session.Run(runOptions, session.InputNames, [x], session.OutputNames);
    Console.WriteLine($"y={string.Join(',', results[0].GetTensorDataAsSpan<float>().ToArray())}");
}

static void PrintThreads()
{
    if (!OperatingSystem.IsLinux())
        return;
    foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        Console.WriteLine($"thread={File.ReadAllText(Path.Combine(thread, "comm")).Trim()}");
}

using Inference.Server;

return await ServerProgram.RunAsync(args, Environment.GetEnvironmentVariables(), Console.Out, Console.Error);

using Inference.Server;
using Inference.Server.Hosting;

PoolThreads.KeepFromSpinning();
return await ServerProgram.RunAsync(args, Environment.GetEnvironmentVariables(), Console.Out, Console.Error);

using Inference.Server;
using Inference.Server.Hosting;

PoolThreads.SetUp();
return await ServerProgram.RunAsync(args, Environment.GetEnvironmentVariables(), Console.Out, Console.Error);

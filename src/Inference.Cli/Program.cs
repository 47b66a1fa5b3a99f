using Inference.Cli;
using Inference.Cli.Frame;

return await InferenceCommand.RunAsync(args, CommandHost.System());

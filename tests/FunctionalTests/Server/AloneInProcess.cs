using Xunit;

namespace FunctionalTests.Server;

/// <summary>Tests that must not run beside others, since they look at what is one for the whole process.</summary>
[CollectionDefinition(nameof(AloneInProcess), DisableParallelization = true)]
public sealed class AloneInProcess;

using Xunit;

namespace UnitTests.Testing;

/// <summary>For tests that measure what the whole process holds: no other test runs beside them.</summary>
[CollectionDefinition(nameof(AloneInProcess), DisableParallelization = true)]
public sealed class AloneInProcess;

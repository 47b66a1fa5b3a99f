using Xunit;

// These tests wait more than they work, also where there is one core.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

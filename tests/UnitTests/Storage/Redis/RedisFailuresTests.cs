using System.Reflection;
using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using StackExchange.Redis;
using Xunit;

namespace UnitTests.Storage.Redis;

public class RedisFailuresTests
{
    [Theory]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", StoreFailure.Refused)]
    [InlineData("READONLY You can't write against a read only replica.", StoreFailure.Refused)]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", StoreFailure.Refused)]
    [InlineData("NOAUTH Authentication required.", StoreFailure.Refused)]
    [InlineData("NOPERM this user has no permissions to run the 'get' command", StoreFailure.Refused)]
    [InlineData("ERR unknown command", StoreFailure.Refused)]
    [InlineData("LOADING Redis is loading the dataset in memory", StoreFailure.Unavailable)]
    [InlineData("CLUSTERDOWN The cluster is down", StoreFailure.Unavailable)]
    [InlineData("MOVED 1234 10.0.0.1:6379", StoreFailure.Unavailable)]
    [InlineData("MASTERDOWN Link with MASTER is down", StoreFailure.Unavailable)]
    [InlineData("BUSY Redis is busy running a script.", StoreFailure.Unavailable)]
    [InlineData("Endpoint 10.0.0.1:6379 serving hashslot 1 is not reachable at this point of time.", StoreFailure.Unavailable)]
    public void Answers_OfTheServer_HaveTheirKind(string answer, StoreFailure kind) =>
        Assert.Equal(kind, RedisFailures.ToStoreException(Server(answer)).Failure);

    [Fact]
    public void Exceptions_OfTheClient_HaveTheirKind()
    {
        Assert.Equal(StoreFailure.Timeout, RedisFailures.ToStoreException(new TimeoutException()).Failure);
        Assert.Equal(StoreFailure.Connection, RedisFailures.ToStoreException(Connection(ConnectionFailureType.SocketFailure)).Failure);
        Assert.Equal(StoreFailure.Unavailable, RedisFailures.ToStoreException(Connection(ConnectionFailureType.UnableToResolvePhysicalConnection)).Failure);
        Assert.Equal(StoreFailure.Refused, RedisFailures.ToStoreException(Connection(ConnectionFailureType.AuthenticationFailure)).Failure);
        Assert.Equal(StoreFailure.Connection, RedisFailures.ToStoreException(new ObjectDisposedException("x")).Failure);
        Assert.Equal(StoreFailure.Connection, RedisFailures.ToStoreException(new InvalidOperationException()).Failure);
    }

    [Fact]
    public void ReadOnly_IsToldFromOtherRefusals()
    {
        Assert.True(RedisFailures.IsReadOnly(RedisFailures.ToStoreException(Server("READONLY You can't write against a read only replica."))));
        Assert.False(RedisFailures.IsReadOnly(RedisFailures.ToStoreException(Server("OOM command not allowed"))));
        Assert.False(RedisFailures.IsReadOnly(RedisFailures.ToStoreException(new TimeoutException())));
    }

    /// <summary>The client of some versions keeps these constructors to itself.</summary>
    private static RedisServerException Server(string answer) => Make<RedisServerException>(answer);

    private static RedisConnectionException Connection(ConnectionFailureType failure) => Make<RedisConnectionException>(failure, "");

    private static T Make<T>(params object[] arguments) =>
        (T)Activator.CreateInstance(typeof(T), BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, arguments, null)!;
}

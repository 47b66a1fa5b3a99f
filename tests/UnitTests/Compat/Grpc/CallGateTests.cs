using Grpc.AspNetCore.Server.Calls;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class CallGateTests
{
    [Fact]
    public void TryEnd_BeforeTheDeadline_WinsAndKeepsWinning()
    {
        var gate = default(CallGate);

        Assert.False(gate.IsOver);
        Assert.True(gate.TryEnd());
        Assert.True(gate.TryEnd());
        Assert.False(gate.TryExpire());
        Assert.True(gate.IsOver);
    }

    [Fact]
    public void TryExpire_BeforeTheHandler_WinsOnce()
    {
        var gate = default(CallGate);

        Assert.True(gate.TryExpire());
        Assert.False(gate.TryExpire());
        Assert.False(gate.TryEnd());
        Assert.True(gate.IsOver);
    }

    [Fact]
    public void EnterWrite_DuringAWriteOrAfterTheEnd_Throws()
    {
        var gate = default(CallGate);
        gate.EnterWrite();
        Assert.Contains("previous write", Assert.Throws<InvalidOperationException>(() => gate.EnterWrite()).Message, StringComparison.Ordinal);
        gate.EnterFlush();
        Assert.Contains("previous write", Assert.Throws<InvalidOperationException>(() => gate.EnterWrite()).Message, StringComparison.Ordinal);
        gate.LeaveWrite();
        gate.EnterWrite();
        gate.LeaveWrite();

        Assert.Equal(CallGate.Write.Idle, gate.Close());
        Assert.Contains("complete", Assert.Throws<InvalidOperationException>(() => gate.EnterWrite()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Close_DuringAWrite_TellsWhatItWasDoingAndStaysClosed()
    {
        var gate = default(CallGate);
        gate.EnterWrite();
        Assert.Equal(CallGate.Write.Serializing, gate.Close());
        gate.EnterFlush();
        gate.LeaveWrite();
        Assert.Equal(CallGate.Write.Closed, gate.Close());

        var other = default(CallGate);
        other.EnterWrite();
        other.EnterFlush();
        Assert.Equal(CallGate.Write.Flushing, other.Close());
        other.LeaveWrite();
        Assert.Throws<InvalidOperationException>(() => other.EnterWrite());
    }

    [Fact]
    public async Task TryEndAndTryExpire_Racing_HaveExactlyOneWinner()
    {
        for (var round = 0; round < 2_000; round++)
        {
            var shared = new Shared();
            using var start = new Barrier(2);
            var handler = Task.Run(() =>
            {
                start.SignalAndWait();
                return shared.Gate.TryEnd();
            });
            var deadline = Task.Run(() =>
            {
                start.SignalAndWait();
                return shared.Gate.TryExpire();
            });

            Assert.True(await handler ^ await deadline);
        }
    }

    private sealed class Shared
    {
        public CallGate Gate;
    }
}

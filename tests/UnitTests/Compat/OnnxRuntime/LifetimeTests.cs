using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using UnitTests.OnnxRuntime;
using Xunit;

namespace UnitTests.Compat.OnnxRuntime;

/// <summary>What native objects lean on lives as long as they do, in whatever order things are disposed or forgotten.</summary>
public sealed class LifetimeTests
{
    private static readonly string[] s_x = ["x"];
    private static readonly string[] s_y = ["y"];

    [Fact]
    public void Dispose_OfBoundValue_KeepsItsMemoryUntilTheBindingLetsGo()
    {
        using var session = new InferenceSession(TinyModels.Linear);
        using var options = new RunOptions();
        using var memory = new OrtValueTests.CountingMemory(3);
        memory.GetSpan().Fill(1);
        float[] output = new float[2];
        using OrtValue y = OrtValue.CreateTensorValueFromMemory(output, [1, 2]);
        using OrtIoBinding binding = session.CreateIoBinding();
        OrtValue x = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.Memory, [1, 3]);
        binding.BindInput("x", x);
        binding.BindOutput("y", y);

        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => x.GetTensorDataAsSpan<float>().Length);
        Assert.Equal(1, memory.Pins);
        session.RunWithBinding(options, binding);
        Assert.Equal([19f, 32f], output);

        binding.ClearBoundInputs();
        Assert.Equal(0, memory.Pins);
    }

    [Fact]
    public void BindInput_WithAnotherValue_LetsGoOfTheFirst()
    {
        using var session = new InferenceSession(TinyModels.Linear);
        using var memory = new OrtValueTests.CountingMemory(3);
        using OrtValue other = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);
        using OrtIoBinding binding = session.CreateIoBinding();
        using (OrtValue x = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.Memory, [1, 3]))
            binding.BindInput("x", x);
        Assert.Equal(1, memory.Pins);

        binding.BindInput("x", other);

        Assert.Equal(0, memory.Pins);
    }

    [Fact]
    public void GetOutputValues_OfBoundMemory_KeepsItPinned()
    {
        using var session = new InferenceSession(TinyModels.Linear);
        using var options = new RunOptions();
        using var memory = new OrtValueTests.CountingMemory(2);
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);
        OrtValue y = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.Memory, [1, 2]);
        OrtIoBinding binding = session.CreateIoBinding();
        binding.BindInput("x", x);
        binding.BindOutput("y", y);
        var results = session.RunWithBoundResults(options, binding);

        y.Dispose();
        binding.Dispose();
        Assert.Equal(1, memory.Pins);
        Assert.Equal([10f, 20f], results[0].GetTensorDataAsSpan<float>().ToArray());

        results.Dispose();
        Assert.Equal(0, memory.Pins);
    }

    [Fact]
    public void Run_ThatFails_GivesBackEveryValue()
    {
        using var session = new InferenceSession(TinyModels.Linear);
        using var options = new RunOptions();
        using var memory = new OrtValueTests.CountingMemory(3);
        OrtValue x = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.Memory, [1, 3]);
        OrtValue disposed = OrtValue.CreateTensorValueFromMemory(new float[2], [1, 2]);
        disposed.Dispose();

        Assert.Throws<OnnxRuntimeException>(() => session.Run(options, s_x, [x], ["z"]));
        Assert.Throws<ObjectDisposedException>(() => session.Run(options, s_x, [x], s_y, [disposed]));
        Assert.Throws<ArgumentNullException>(() => session.Run(options, s_x, [x], s_y, [null!]));
        Assert.Throws<ArgumentNullException>(() => session.Run(null!, s_x, [x], s_y));
        Assert.Equal(1, memory.Pins);

        x.Dispose();
        Assert.Equal(0, memory.Pins);
    }

    [Fact]
    public void Everything_AfterDispose_ThrowsObjectDisposed()
    {
        var session = new InferenceSession(TinyModels.Linear);
        var options = new RunOptions();
        OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);
        OrtIoBinding binding = session.CreateIoBinding();
        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => x.GetTensorDataAsSpan<float>().Length);
        Assert.Throws<ObjectDisposedException>(() => x.GetTensorTypeAndShape());
        Assert.Throws<ObjectDisposedException>(() => binding.BindInput("x", x));

        binding.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.RunWithBinding(options, binding));
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run(options, s_x, [x], s_y));
        Assert.Throws<ObjectDisposedException>(session.CreateIoBinding);
        options.Dispose();
        Assert.Throws<ObjectDisposedException>(() => options.Terminate = true);
    }

    [Fact]
    public void Dispose_OfSessionBeforeItsBindingAndAllocator_IsSafe()
    {
        var session = new InferenceSession(TinyModels.Linear);
        OrtIoBinding binding = session.CreateIoBinding();
        var allocator = new OrtAllocator(session, OrtMemoryInfo.DefaultInstance);
        OrtValue x = OrtValue.CreateAllocatedTensorValue(allocator, TensorElementType.Float, [1, 3]);
        binding.BindInput("x", x);

        session.Dispose();
        allocator.Dispose();
        x.GetTensorMutableDataAsSpan<float>().Fill(1);
        x.Dispose();
        binding.ClearBoundInputs();
        binding.Dispose();

        Assert.True(binding.IsClosed);
    }

    [Fact]
    public void Dispose_DuringRuns_WaitsForThem()
    {
        using var sessionOptions = new SessionOptions { IntraOpNumThreads = 1 };
        for (int round = 0; round < 20; round++)
        {
            var session = new InferenceSession(TinyModels.Linear, sessionOptions);
            using var started = new CountdownEvent(4);
            int wrong = 0;
            Thread[] workers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
            {
                using var options = new RunOptions();
                float[] output = new float[2];
                OrtValue[] xs = [OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3])];
                OrtValue[] ys = [OrtValue.CreateTensorValueFromMemory(output, [1, 2])];
                started.Signal();
                try
                {
                    while (true)
                    {
                        session.Run(options, s_x, xs, s_y, ys);
                        if (output is not [10f, 20f])
                            Interlocked.Increment(ref wrong);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The expected end.
                }
            }))];
            foreach (Thread worker in workers)
                worker.Start();
            started.Wait();

            session.Dispose();

            foreach (Thread worker in workers)
                Assert.True(worker.Join(TimeSpan.FromSeconds(30)));
            Assert.Equal(0, wrong);
        }
    }

    [Fact]
    public void Finalizers_OfForgottenObjects_LetGoOfTheirMemory()
    {
        using var memory = new OrtValueTests.CountingMemory(3);
        Forget(memory);
        Assert.Equal(1, memory.Pins);

        for (int i = 0; i < 10 && memory.Pins > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(0, memory.Pins);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(OrtValueTests.CountingMemory memory)
    {
        var session = new InferenceSession(TinyModels.Linear);
        OrtIoBinding binding = session.CreateIoBinding();
        binding.BindInput("x", OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.Memory, [1, 3]));
    }
}

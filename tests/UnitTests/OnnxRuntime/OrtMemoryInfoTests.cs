using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class OrtMemoryInfoTests
{
    [Fact]
    public void DefaultInstance_IsCpuMemory()
    {
        OrtMemoryInfo info = OrtMemoryInfo.DefaultInstance;

        Assert.Same(info, OrtMemoryInfo.DefaultInstance);
        Assert.Equal("Cpu", info.Name);
        Assert.Equal(0, info.Id);
        Assert.Equal(OrtMemType.Cpu, info.GetMemoryType());
        Assert.Equal(OrtAllocatorType.DeviceAllocator, info.GetAllocatorType());
    }

    [Fact]
    public void Equals_ComparesWhatIsDescribed()
    {
        using var cpu = new OrtMemoryInfo("Cpu", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Cpu);
        using var bytes = new OrtMemoryInfo(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Cpu);
        using var cuda = new OrtMemoryInfo("Cuda", OrtAllocatorType.DeviceAllocator, 1, OrtMemType.Default);

        Assert.True(cpu.Equals(bytes));
        Assert.True(cpu.Equals((object)bytes));
        Assert.False(cpu.Equals(cuda));
        Assert.False(cpu.Equals((object?)null));
        Assert.Equal("Cuda", cuda.Name);
        Assert.Equal(1, cuda.Id);
        Assert.Equal(OrtMemType.Default, cuda.GetMemoryType());
    }

    [Fact]
    public void Constructor_WithUnknownName_Throws() =>
        Assert.Throws<OnnxRuntimeException>(() => new OrtMemoryInfo("Abacus", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default));

    [Fact]
    public void Allocator_OfASession_AllocatesItsMemory()
    {
        using var session = new InferenceSession(TinyModels.Linear);
        using var allocator = new OrtAllocator(session, OrtMemoryInfo.DefaultInstance);
        Assert.Equal("Cpu", allocator.Info.Name);
        Assert.Equal("Cpu", OrtAllocator.DefaultInstance.Info.Name);

        using OrtValue value = OrtValue.CreateAllocatedTensorValue(allocator, TensorElementType.Float, [1, 3]);
        value.GetTensorMutableDataAsSpan<float>().Fill(1);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [value], ["y"]);

        Assert.Equal([19f, 32f], results[0].GetTensorDataAsSpan<float>().ToArray());
    }
}

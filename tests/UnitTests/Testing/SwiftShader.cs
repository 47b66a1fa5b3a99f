using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit;

namespace UnitTests.Testing;

/// <summary>
/// The Vulkan driver that runs on the CPU, for whole sessions on another provider than the CPU one: Debian's libvulkan1 and chromium-common bring the loader and the driver. Which driver the loader takes it reads in the C
/// environment when the first instance is made, so the variable is set before any test runs.
/// </summary>
internal static partial class SwiftShader
{
    private const string Variable = "VK_ICD_FILENAMES", Driver = "/usr/lib/chromium/vk_swiftshader_icd.json", Loader = "libvulkan.so.1";

    /// <summary>Skips the test where the driver is not installed.</summary>
    public static void Require()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The driver is Debian's.");
        Skip.IfNot(File.Exists(Driver) || Environment.GetEnvironmentVariable(Variable) is { Length: > 0 }, "There is no SwiftShader: apt-get install libvulkan1 chromium-common");
        bool hasLoader = NativeLibrary.TryLoad(Loader, out nint loader);
        Skip.IfNot(hasLoader, "There is no Vulkan loader: apt-get install libvulkan1");
        NativeLibrary.Free(loader);
    }

    [ModuleInitializer]
    internal static void Choose()
    {
        if (OperatingSystem.IsLinux() && File.Exists(Driver) && Environment.GetEnvironmentVariable(Variable) is null)
            _ = SetEnvironment(Variable, Driver, overwrite: 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

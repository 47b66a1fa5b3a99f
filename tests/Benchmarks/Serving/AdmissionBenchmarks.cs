using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Net;
using BenchmarkDotNet.Attributes;
using Inference.Server.Admission;
using Inference.Server.Admission.Queues;
using Inference.Server.Entry;
using Inference.Towers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Benchmarks.Serving;

/// <summary>What admission costs a call: one that finds room (the baseline), one with a quota, one that is refused for want of room, and one beyond its quota.</summary>
[MemoryDiagnoser]
[SuppressMessage("Reliability", "CA2012", Justification = "They are done at once.")]
public class AdmissionBenchmarks
{
    private readonly MethodRule _rule = MethodRules.Find("/recsys.v1.RecommendationService/Recommend")!;
    private readonly DefaultHttpContext _http = new();
    private ServiceProvider _services = null!;
    private CallAdmission _open = null!, _withQuota = null!, _full = null!, _usedUp = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _http.Connection.RemoteIpAddress = IPAddress.Loopback;
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _open = Make(new AdmissionOptions());
        _withQuota = Make(new AdmissionOptions { ClientRequestsPerSecond = 1e7, ClientMaxConcurrent = 1_000 });
        _full = Make(new AdmissionOptions { MinConcurrency = 1, MaxConcurrency = 1, QueueLength = 0 });
        _full.Room.TryEnter(new Waiter());
        _usedUp = Make(new AdmissionOptions { ClientRequestsPerSecond = 1e-6, ClientBurst = 1 });
        _ = _usedUp.EnterAsync(_http, _rule).Result;
    }

    [GlobalCleanup]
    public void CleanUp() => _services.Dispose();

    [Benchmark(Baseline = true)]
    public int Admitted() => EnterAndLeave(_open);

    [Benchmark]
    public int AdmittedWithQuota() => EnterAndLeave(_withQuota);

    [Benchmark]
    public object? Refused() => _full.EnterAsync(_http, _rule).Result.Refusal;

    [Benchmark]
    public object? BeyondQuota() => _usedUp.EnterAsync(_http, _rule).Result.Refusal;

    private int EnterAndLeave(CallAdmission admission)
    {
        using Entrance entrance = admission.EnterAsync(_http, _rule).Result;
        _ = entrance.Permit!.BeginAnswerAsync().Result;
        entrance.Permit!.Answered(isMeasure: true);
        return admission.Limit;
    }

    private CallAdmission Make(AdmissionOptions options) => new(options, new TowerOptions(), new AdmissionMetrics(_services.GetRequiredService<IMeterFactory>(), options), TimeProvider.System);
}

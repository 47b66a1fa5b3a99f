using Inference.Server.Options;
using Inference.Server.Security.Audit;
using Inference.Server.Security.Jwt;
using Inference.Server.Security.Tls;

namespace Inference.Server.Security;

/// <summary>The part of the composition that says who may call, and by what certificate the server is known.</summary>
internal static class SecurityParts
{
    public static void AddSecurity(this IServiceCollection services, InferenceOptions options, TimeProvider time)
    {
        services.AddSingleton<SecurityMetrics>();
        services.AddSingleton(options.Audit).AddSingleton<AuditTrail>().AddSingleton<AuditInterceptor>();
        services.AddSingleton(options.Security).AddSingleton<ServedClients>().AddHostedService(provider => provider.GetRequiredService<ServedClients>());
        if (options.Tls.IsOn)
            services.AddSingleton(options.Tls).AddSingleton<ServedCertificate>().AddHostedService(provider => provider.GetRequiredService<ServedCertificate>());
        if (options.Jwt.IsOn)
            services.AddSingleton(options.Jwt).AddSingleton<ServedKeys>().AddSingleton<TokenCheck>().AddHostedService(provider => provider.GetRequiredService<ServedKeys>());
        services.AddSingleton(provider => new CallerCheck(
            options, provider.GetRequiredService<ServedClients>(), time, provider.GetRequiredService<SecurityMetrics>(), provider.GetService<TokenCheck>()));
    }
}

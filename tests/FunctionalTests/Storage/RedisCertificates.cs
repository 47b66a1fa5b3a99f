using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FunctionalTests.Storage;

/// <summary>Certificates of an authority that nobody knows.</summary>
internal static class RedisCertificates
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), Until = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes redis.crt and redis.key for an address, and the certificate of the authority that signed them.</summary>
    /// <returns>The file of the authority.</returns>
    public static string Write(string folder, string address)
    {
        using X509Certificate2 authority = NewAuthority();
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest("CN=redis", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, From, Until, [1, 2, 3]);
        File.WriteAllText(Path.Combine(folder, "redis.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "redis.key"), key.ExportPkcs8PrivateKeyPem());
        return Save(folder, authority);
    }

    /// <summary>Writes the certificate of an authority that signed nothing.</summary>
    public static string WriteAuthority(string folder)
    {
        using X509Certificate2 authority = NewAuthority();
        return Save(folder, authority);
    }

    private static X509Certificate2 NewAuthority()
    {
        using RSA key = RSA.Create(2048);
        var request = new CertificateRequest($"CN=authority {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(From, Until);
    }

    private static string Save(string folder, X509Certificate2 authority)
    {
        string file = Path.Combine(folder, $"authority-{Guid.NewGuid():N}.crt");
        File.WriteAllText(file, authority.ExportCertificatePem());
        return file;
    }
}

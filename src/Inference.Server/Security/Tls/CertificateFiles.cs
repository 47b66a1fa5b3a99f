using System.Security.Cryptography;
using System.Text;
using Inference.Server.Options;

namespace Inference.Server.Security.Tls;

/// <summary>The bytes of all files of one moment.</summary>
/// <param name="IsPfx">Whether the certificate is a PFX file.</param>
/// <param name="Certificate">Its bytes.</param>
/// <param name="Key">Those of the key's file; null without one.</param>
/// <param name="Password">The first line of the password's file; null without one.</param>
/// <param name="ClientAuthorities">The text of the authorities' file; null without one.</param>
/// <param name="Fingerprint">SHA-256 over all of them.</param>
internal sealed record CertificateFiles(bool IsPfx, byte[] Certificate, byte[]? Key, string? Password, string? ClientAuthorities, string Fingerprint)
{
    private const int MostBytes = 1 << 20;

    // Files that are swapped one after the other are not the pair of one moment until they stand still.
    private const int MostTries = 3;

    /// <summary>Reads the files, twice alike, so that a pair that is being replaced is not read half and half.</summary>
    /// <param name="options">Where they are.</param>
    /// <param name="problem">Which of them cannot be read, and why.</param>
    public static CertificateFiles? TryRead(TlsOptions options, out string problem)
    {
        CertificateFiles? former = ReadOnce(options, out problem);
        for (int i = 1; i < MostTries; i++)
        {
            CertificateFiles? next = ReadOnce(options, out problem);
            if (former is not null && next?.Fingerprint == former.Fingerprint)
                return next;
            former = next;
        }

        return former;
    }

    private static CertificateFiles? ReadOnce(TlsOptions options, out string problem)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string wrong = "";
        byte[]? Read(string path)
        {
            if (path.Length == 0 || wrong.Length > 0)
                return null;
            try
            {
                if (new FileInfo(path).Length is > MostBytes and var length)
                {
                    wrong = $"'{path}' has {length} bytes; at most {MostBytes} are read";
                    return null;
                }

                byte[] bytes = File.ReadAllBytes(path);
                hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
                hash.AppendData(bytes);
                return bytes;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                wrong = e is FileNotFoundException or DirectoryNotFoundException ? $"there is no file '{path}'" : e.Message.TrimEnd('.');
                return null;
            }
        }

        byte[]? certificate = Read(options.Certificate), key = Read(options.Key), password = Read(options.PasswordFile), authorities = Read(options.ClientAuthorities);
        problem = wrong;
        if (wrong.Length > 0)
            return null;
        string extension = Path.GetExtension(options.Certificate);
        return new CertificateFiles(
            extension.Equals(".pfx", StringComparison.OrdinalIgnoreCase) || extension.Equals(".p12", StringComparison.OrdinalIgnoreCase),
            certificate!,
            key,
            password is null ? null : Encoding.UTF8.GetString(password).Split('\n')[0].TrimEnd('\r'),
            authorities is null ? null : Encoding.UTF8.GetString(authorities),
            Convert.ToHexString(hash.GetHashAndReset()));
    }
}

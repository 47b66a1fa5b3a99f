using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace Inference.Server.Security;

/// <summary>The names in a client's certificate by which a clients file knows it: those of its alternative names first ("uri:…", "dns:…"), then its subject ("subject:CN=…"). Read once per connection.</summary>
internal static class CertificateNames
{
    private const string Subject = "subject:", Dns = "dns:", Uri = "uri:";
    private const string AlternativeNames = "2.5.29.17";

    private static readonly ConditionalWeakTable<X509Certificate2, string[]> Read = [];

    /// <summary>Whether a text is such a name.</summary>
    public static bool IsName(string text) => new[] { Subject, Dns, Uri }.Any(kind => text.StartsWith(kind, StringComparison.Ordinal) && text.Length > kind.Length);

    /// <summary>All names of a certificate.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate) => Read.GetValue(certificate, static one => [.. Find(one)]);

    private static IEnumerable<string> Find(X509Certificate2 certificate)
    {
        if (certificate.Extensions[AlternativeNames] is { } extension)
        {
            foreach (string name in Alternatives(extension.RawData))
                yield return name;
        }

        yield return Subject + certificate.Subject;
    }

    /// <summary>Source: RFC 5280, 4.2.1.6: GeneralNames, of which [2] is a DNS name and [6] a URI, both IA5String.</summary>
    private static List<string> Alternatives(byte[] extension)
    {
        var names = new List<string>();
        AsnReader sequence = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        var dns = new Asn1Tag(TagClass.ContextSpecific, 2);
        var uri = new Asn1Tag(TagClass.ContextSpecific, 6);
        while (sequence.HasData)
        {
            Asn1Tag tag = sequence.PeekTag();
            if (tag == dns)
                names.Add(Dns + sequence.ReadCharacterString(UniversalTagNumber.IA5String, dns));
            else if (tag == uri)
                names.Add(Uri + sequence.ReadCharacterString(UniversalTagNumber.IA5String, uri));
            else
                sequence.ReadEncodedValue();
        }

        return names;
    }
}

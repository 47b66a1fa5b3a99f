using System.Security.Cryptography;
using System.Text;

namespace Inference.Towers.Bundles;

/// <summary>Names embedding spaces after the content that makes them.</summary>
public static class EmbeddingSpace
{
    /// <summary>
    /// The id of the space of a tower pair: the first 16 hexadecimal digits of SHA-256 over the hashes of both models' files, or of the user tower's and the item
    /// embeddings' where there is no item tower. The same files give the same id wherever they are loaded.
    /// </summary>
    /// <param name="userTowerSha256">Hash of the user tower's file, hexadecimal.</param>
    /// <param name="itemSideSha256">Hash of the item tower's file, or of the item embeddings.</param>
    public static string Derive(string userTowerSha256, string itemSideSha256)
    {
        string both = $"user {userTowerSha256.ToLowerInvariant()} item {itemSideSha256.ToLowerInvariant()}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(both)))[..16];
    }
}

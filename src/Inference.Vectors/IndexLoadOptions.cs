namespace Inference.Vectors;

/// <summary>How an index is loaded from its file.</summary>
/// <param name="Resident">
/// Copies the file into memory of its own, in huge pages where the system gives them: a slower load and faster searches. Otherwise the file is mapped: the page cache
/// is the memory, shared with other processes, and the file must not be changed in place (<see cref="VectorIndex.Save"/> replaces it, which is fine).
/// </param>
/// <param name="SkipVerification">
/// Leaves the checksums of the content unchecked, so that a mapped file is loaded without being read. The header is always checked. Damage may then show as wrong results.
/// </param>
public readonly record struct IndexLoadOptions(bool Resident = false, bool SkipVerification = false);

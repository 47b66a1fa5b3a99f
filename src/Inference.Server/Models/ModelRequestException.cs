namespace Inference.Server.Models;

/// <summary>Why a version cannot be loaded, activated or let go as it was asked for.</summary>
internal enum ModelFault
{
    /// <summary>There is no such version.</summary>
    Unknown,

    /// <summary>It is not loaded.</summary>
    NotLoaded,

    /// <summary>It is the active one.</summary>
    IsActive,

    /// <summary>No version was active before.</summary>
    NoneBefore,
}

/// <summary>Somebody asked something of a version that cannot be done in the state that it is in. The message is for them.</summary>
internal sealed class ModelRequestException(ModelFault fault, string message) : Exception(message)
{
    public ModelFault Fault { get; } = fault;
}

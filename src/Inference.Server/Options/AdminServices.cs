namespace Inference.Server.Options;

/// <summary>Where the services of operators (ModelService, StateService) are served beside the admin address.</summary>
public enum AdminServices
{
    /// <summary>On addresses that only this machine reaches: loopback and Unix sockets.</summary>
    Auto = 0,

    /// <summary>On all addresses.</summary>
    Everywhere,

    /// <summary>Nowhere else.</summary>
    AdminOnly,
}

using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Options;

/// <summary>The value must be a <see cref="ListenAddress"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListenAddressAttribute : ValidationAttribute
{
    /// <summary>Whether "" is allowed too.</summary>
    public bool AllowEmpty { get; set; }

    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        AllowEmpty && value is "" ? ValidationResult.Success
        : ListenAddress.TryParse(value as string ?? "", out _, out string? error) ? ValidationResult.Success
        : new ValidationResult(error);
}

using Inference.Training.Evaluation;

namespace Inference.Training.Fused;

/// <summary>Which part of the split a new bundle is judged on.</summary>
internal static class JudgedPart
{
    /// <summary>The test part wherever anybody of it can be asked for; else the validation part, which weights were chosen on.</summary>
    public static EvaluationPart Of(EvaluationInputs inputs) =>
        Scenarios.All(inputs.Split, EvaluationPart.Test, inputs.Contexts).Count > 0 ? EvaluationPart.Test : EvaluationPart.Validation;
}

namespace Inference.Training.Evaluation;

/// <summary>Which part of a split models are judged on.</summary>
public enum EvaluationPart
{
    /// <summary>For choosing: hyper-parameters, fusion weights, gates.</summary>
    Validation,

    /// <summary>For reporting: read once per figure.</summary>
    Test,
}

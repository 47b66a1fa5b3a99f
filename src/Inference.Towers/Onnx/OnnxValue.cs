namespace Inference.Towers.Onnx;

/// <summary>A tensor of a graph under construction: an input, a constant or the output of a node.</summary>
/// <param name="Name">Its name in the graph.</param>
public readonly record struct OnnxValue(string Name);

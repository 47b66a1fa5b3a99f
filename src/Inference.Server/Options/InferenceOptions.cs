using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Recall;
using Inference.Server.Admission;
using Inference.Storage;
using Inference.Storage.Decisions;
using Inference.Storage.Redis;
using Inference.Storage.VectorSets;
using Inference.Towers;

namespace Inference.Server.Options;

/// <summary>Every option of the server: one property for each section under "Inference".</summary>
public sealed class InferenceOptions
{
    /// <summary>Name of the section that holds all others.</summary>
    public const string SectionName = "Inference";

    public ServerOptions Server { get; } = new();

    public TlsOptions Tls { get; } = new();

    public SecurityOptions Security { get; } = new();

    public JwtOptions Jwt { get; } = new();

    public AuditOptions Audit { get; } = new();

    public BundleOptions Bundle { get; } = new();

    public ModelOptions Models { get; } = new();

    public TowerOptions Towers { get; } = new();

    public ItemIndexOptions Index { get; } = new();

    public FusionOptions Fusion { get; } = new();

    public LoadingOptions Loading { get; } = new();

    public PipelineOptions Recommend { get; } = new();

    public SurfaceOptions Surfaces { get; } = new();

    public RecallOptions Recall { get; } = new();

    public ExplorationOptions Exploration { get; } = new();

    public NewItemOptions NewItems { get; } = new();

    public GuardOptions Guards { get; } = new();

    public FilterOptions Filters { get; } = new();

    public DecisionOptions Decisions { get; } = new();

    public CatalogueOptions Catalogue { get; } = new();

    public StateOptions State { get; } = new();

    public RedisOptions Redis { get; } = new();

    public VectorEngineOptions VectorEngine { get; } = new();

    public ConnectionOptions Connections { get; } = new();

    public AdmissionOptions Admission { get; } = new();

    public TelemetryOptions Telemetry { get; } = new();
}

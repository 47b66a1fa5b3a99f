using Grpc.Core;
using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Snapshots;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Changes the catalogue while it is served, and reads items. What a change does, and when it fails, is <see cref="CatalogueUpdates"/>'s.</summary>
internal sealed class CatalogService(SnapshotRegistry snapshots, CatalogueUpdates updates) : Recsys.V1.CatalogService.CatalogServiceBase
{
    public override async Task<UpsertItemsResponse> UpsertItems(UpsertItemsRequest request, ServerCallContext context)
    {
        using SnapshotLease lease = Active();
        Snapshot snapshot = lease.Snapshot;
        Refuse(CatalogueRules.Check(request, snapshot));
        if (snapshot.ItemTower is null)
            throw FailureTable.ItemTowerMissing.ToException();
        CatalogueEdit edit = await updates.UpsertAsync(snapshot, ItemMapping.ToContents(request.Items), context.CancellationToken);
        // Superseded: somebody else replaced the item at the same moment, a little later.
        return new UpsertItemsResponse { Inserted = edit.Inserted, Updated = edit.Updated + edit.Superseded };
    }

    public override async Task<DeleteItemsResponse> DeleteItems(DeleteItemsRequest request, ServerCallContext context)
    {
        using SnapshotLease lease = Active();
        Snapshot snapshot = lease.Snapshot;
        Refuse(CatalogueRules.Check(request));
        string[] ids = [.. request.ItemIds.Distinct(StringComparer.Ordinal)];
        CatalogueEdit edit = await updates.DeleteAsync(snapshot, ids, context.CancellationToken);
        return new DeleteItemsResponse { Deleted = edit.Deleted };
    }

    public override Task<GetItemResponse> GetItem(GetItemRequest request, ServerCallContext context)
    {
        using SnapshotLease lease = Active();
        Snapshot snapshot = lease.Snapshot;
        Refuse(CatalogueRules.Check(request));
        if (!snapshot.Items.TryGetRow(request.ItemId, out int row))
            throw FailureTable.UnknownItem.ToException();
        return Task.FromResult(new GetItemResponse { Item = ItemMapping.ToWire(request.ItemId, snapshot.Items.ContentOf(row)) });
    }

    private SnapshotLease Active() => snapshots.Acquire("") ?? throw FailureTable.ModelLoading.ToException();

    private static void Refuse(Failure? failure)
    {
        if (failure is not null)
            throw failure.ToException();
    }
}

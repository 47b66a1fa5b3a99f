using Grpc.Core;
using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Declared in the contract, not served yet: says what to do instead.</summary>
internal sealed class CatalogService : Recsys.V1.CatalogService.CatalogServiceBase
{
    private const string Publish = "This server does not change its catalogue while it runs; publish a bundle with the new items and restart.";

    public override Task<UpsertItemsResponse> UpsertItems(UpsertItemsRequest request, ServerCallContext context) => throw FailureTable.NotServed(Publish).ToException();

    public override Task<DeleteItemsResponse> DeleteItems(DeleteItemsRequest request, ServerCallContext context) => throw FailureTable.NotServed(Publish).ToException();

    public override Task<GetItemResponse> GetItem(GetItemRequest request, ServerCallContext context) =>
        throw FailureTable.NotServed("This server does not hand out items; items.jsonl of the bundle has them.").ToException();
}

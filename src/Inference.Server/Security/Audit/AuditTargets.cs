using System.Globalization;
using Inference.Recommendations.Users;
using Recsys.V1;

namespace Inference.Server.Security.Audit;

/// <summary>The one table of what is recorded, and what of a request: versions by name, items by number, users by key.</summary>
internal static class AuditTargets
{
    /// <summary>Whether calls with such a request are recorded.</summary>
    public static bool Has(Type request) => request.Namespace == typeof(LoadRequest).Namespace && request.Name is
        nameof(ListVersionsRequest) or nameof(StatusRequest) or nameof(LoadRequest) or nameof(ActivateRequest) or nameof(RollbackRequest) or nameof(UnloadRequest) or nameof(SplitTrafficRequest)
        or nameof(GetStateRequest) or nameof(GetUserRequest) or nameof(ForgetUserRequest) or nameof(UpsertItemsRequest) or nameof(DeleteItemsRequest);

    /// <summary>Whether the record of such a request must be on the disk before its answer: what changes versions, and what is about one user.</summary>
    public static bool IsDurable(object request) => request is LoadRequest or ActivateRequest or RollbackRequest or UnloadRequest or SplitTrafficRequest or GetUserRequest or ForgetUserRequest;

    /// <summary>Whether a call is refused where it cannot be recorded: those of operators. A user who wants to be forgotten is.</summary>
    public static bool IsRefusable(object request) => request is not (ForgetUserRequest or UpsertItemsRequest or DeleteItemsRequest);

    /// <summary>What a call was about.</summary>
    public static IReadOnlyList<(string Name, string Value)> Of(object request, object? response, UserKeyRing keys)
    {
        static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
        return request switch
        {
            LoadRequest load => [("version", load.Version)],
            ActivateRequest activate => [("version", activate.Version)],
            UnloadRequest unload => [("version", unload.Version)],
            RollbackRequest => response is RollbackResponse back ? [("version", back.Version.Version)] : [],
            SplitTrafficRequest split => [("version", split.Version), ("share", Number(split.Share))],
            GetUserRequest user => [("user", keys.Of(user.UserId).Key.ToString())],
            ForgetUserRequest user => response is ForgetUserResponse forgotten
                ? [("user", keys.Of(user.UserId).Key.ToString()), ("receipt", forgotten.ReceiptId)]
                : [("user", keys.Of(user.UserId).Key.ToString())],
            UpsertItemsRequest items => [("items", Number(items.Items.Count))],
            DeleteItemsRequest items => [("items", Number(items.ItemIds.Count))],
            _ => [],
        };
    }
}

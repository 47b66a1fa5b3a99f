using Inference.Recommendations.Users;
using Inference.Storage.Users;

namespace Inference.Storage.Events;

/// <summary>An event on its way to Redis. Changed by the outbox alone.</summary>
/// <param name="userEvent">The event.</param>
/// <param name="interaction">What of it is kept with the user.</param>
/// <param name="receipt">Of the call that brought it.</param>
/// <param name="before">What this process thought of it.</param>
internal sealed class OutboxEvent(UserEvent userEvent, in Interaction interaction, Receipt receipt, Verdict before)
{
    public UserEvent Event { get; } = userEvent;

    public UserIdentity User => Event.User;

    public Interaction Interaction { get; } = interaction;

    public byte[] Entry { get; } = InteractionCodec.Encode(interaction);

    /// <summary>What this process thought of it: new or a duplicate.</summary>
    public Verdict Before { get; } = before;

    /// <summary>Whether the stream of events has it.</summary>
    public bool IsInStream { get; set; }

    /// <summary>Whether it may have been recorded with its user without our hearing of it: then Redis' word that it knows the event is our own echo.</summary>
    public bool IsUnsure { get; set; }

    /// <summary>How many times Redis refused it while it took others.</summary>
    public int Refusals { get; set; }

    /// <summary>What Redis says; null while it has not.</summary>
    public Verdict? Outcome { get; private set; }

    public void Settle(Verdict outcome)
    {
        Outcome = outcome;
        receipt.Settle(Before, outcome);
    }
}

using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Decisions;

/// <summary>One draw: the pool of a slot, and the probability with which each of its items was to be chosen. With it other policies can be judged by what this one did.</summary>
/// <param name="Slot">The slot, from 1.</param>
/// <param name="Type"><see cref="SlotType.Explore"/> or <see cref="SlotType.NewItem"/>.</param>
/// <param name="Chosen">Which of the items was chosen, from 0.</param>
/// <param name="Items">The pool, in the order in which the policy saw it.</param>
/// <param name="Rate">Click rate of the average impression that the policy went by.</param>
/// <param name="Settings">The policy with its parameters: with pool and rate it gives the probabilities again, and any other settings give those of another policy.</param>
public sealed record Choice(int Slot, SlotType Type, int Chosen, IReadOnlyList<ChoiceItem> Items, double Rate, ChoiceSettings Settings);

/// <summary>One item of a pool.</summary>
/// <param name="ItemId">The item.</param>
/// <param name="Score">Its score, standardised over the pool.</param>
/// <param name="Shown">Impressions that it had had, fading with time.</param>
/// <param name="Clicked">Clicks among them.</param>
/// <param name="Probability">With which it was to be chosen; the pool's sum to 1.</param>
public readonly record struct ChoiceItem(string ItemId, float Score, float Shown, float Clicked, double Probability);

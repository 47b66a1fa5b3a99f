namespace Inference.Training.Evaluation;

/// <summary>How much of what is shown goes to a group of items.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Exposure">Share of the places of all first tens; 0 where all are empty.</param>
/// <param name="Catalogue">Share of the candidates.</param>
/// <param name="Targets">Share of what users went on to touch.</param>
public sealed record GroupExposure(string Group, double Exposure, double Catalogue, double Targets)
{
    /// <summary>Exposure for each part of the catalogue: 1 where a group is shown as often as it is large; NaN where the group has no candidate.</summary>
    public double PerCatalogue => Exposure / Catalogue;

    /// <summary>Exposure for each part of the demand: above 1 where a group is shown more than it is wanted; NaN or infinite where nobody wanted it.</summary>
    public double PerTarget => Exposure / Targets;
}

/// <summary>Exposure of item groups (Singh and Joachims, "Fairness of Exposure in Rankings", 2018, with places of the first ten that all count alike).</summary>
/// <param name="Model">Whose slates.</param>
/// <param name="Scenario">Where.</param>
/// <param name="Grouping">What items are grouped by.</param>
/// <param name="Groups">The groups that have candidates, in their order. Shares add up to 1 where each item is in one group; an item that is in several counts in each.</param>
/// <param name="Gini">Gini coefficient of exposure per candidate between the groups: 0 where all groups are shown as often as they are large.</param>
public sealed record ExposureReport(string Model, string Scenario, string Grouping, IReadOnlyList<GroupExposure> Groups, double Gini)
{
    public static ExposureReport Of(ScenarioResult result, ItemGrouping grouping)
    {
        CandidateItems candidates = result.Scenario.Candidates;
        long[] shown = new long[grouping.Groups.Count];
        long[] size = new long[grouping.Groups.Count];
        long[] wanted = new long[grouping.Groups.Count];
        long allShown = 0;
        long allWanted = 0;
        foreach ((int start, int end) in candidates.Ranges)
        {
            for (int item = start; item < end; item++)
            {
                allShown += result.Exposures[item];
                foreach (int group in grouping.GroupsOfItems[item])
                {
                    shown[group] += result.Exposures[item];
                    size[group]++;
                }
            }
        }

        foreach (ScenarioUser user in result.Scenario.Users)
        {
            foreach (int item in user.Targets.Span)
            {
                if (!candidates.Contains(item))
                    continue;
                allWanted++;
                foreach (int group in grouping.GroupsOfItems[item])
                    wanted[group]++;
            }
        }

        GroupExposure[] groups = [.. Enumerable.Range(0, shown.Length).Where(group => size[group] > 0).Select(group => new GroupExposure(
            grouping.Groups[group], allShown == 0 ? 0 : shown[group] / (double)allShown, size[group] / (double)candidates.Count, wanted[group] / (double)allWanted))];
        return new ExposureReport(result.Model, result.Scenario.Name, grouping.Name, groups, GiniOf(groups));
    }

    /// <summary>By the Lorenz curve: groups in ascending order of exposure per candidate, catalogue share against exposure share.</summary>
    private static double GiniOf(GroupExposure[] groups)
    {
        double size = groups.Sum(group => group.Catalogue);
        double shown = groups.Sum(group => group.Exposure);
        if (shown == 0)
            return 0;
        double area = 0;
        double below = 0;
        foreach (GroupExposure group in groups.OrderBy(group => group.PerCatalogue))
        {
            double above = below + group.Exposure / shown;
            area += (below + above) * group.Catalogue / size; // twice the trapezium
            below = above;
        }

        return 1 - area;
    }
}

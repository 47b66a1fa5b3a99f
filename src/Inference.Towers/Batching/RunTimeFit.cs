namespace Inference.Towers.Batching;

/// <summary>
/// t = a + b·rows + c·rows·length, by exponentially weighted least squares of the relative error: each run adds (1, rows, rows·length)/t with the target 1 to the normal equations, and what was added before
/// fades. A small ridge keeps terms apart that were never seen apart (all runs of one length); a coefficient below zero is left out and the others are fitted again.
/// </summary>
internal sealed class RunTimeFit(double forgetting)
{
    private const double Ridge = 1e-4;
    private const int SolveEvery = 16;

    private double _n, _nr, _nc, _rr, _rc, _cc, _tn, _tr, _tc;
    private double _a, _b, _c;

    /// <summary>How many runs were added.</summary>
    public long Runs { get; private set; }

    public void Add(int rows, int length, double seconds)
    {
        double n = 1 / seconds, r = rows / seconds, c = (double)rows * length / seconds;
        _n = (_n * forgetting) + (n * n);
        _nr = (_nr * forgetting) + (n * r);
        _nc = (_nc * forgetting) + (n * c);
        _rr = (_rr * forgetting) + (r * r);
        _rc = (_rc * forgetting) + (r * c);
        _cc = (_cc * forgetting) + (c * c);
        _tn = (_tn * forgetting) + n;
        _tr = (_tr * forgetting) + r;
        _tc = (_tc * forgetting) + c;
        // Old runs fade over some hundred, so the solution need not follow every one.
        if (Runs++ < SolveEvery || Runs % SolveEvery == 0)
            Solve();
    }

    /// <summary>Seconds; 0 before the first run.</summary>
    public double Estimate(int rows, int length) => _a + (_b * rows) + (_c * rows * length);

    private void Solve()
    {
        // At most three rounds: each leaves one term out.
        Span<bool> used = [true, true, true];
        Span<double> solution = stackalloc double[3];
        for (int round = 0; round < 3; round++)
        {
            SolveFor(used, solution);
            int least = 0;
            for (int i = 1; i < 3; i++)
            {
                if (solution[i] < solution[least])
                    least = i;
            }

            if (solution[least] >= 0)
                break;
            used[least] = false;
            solution[least] = 0;
        }

        (_a, _b, _c) = (Math.Max(solution[0], 0), Math.Max(solution[1], 0), Math.Max(solution[2], 0));
    }

    /// <summary>Gaussian elimination of the terms in use. Ridge times its diagonal on each makes it regular, so the order of the pivots does not matter.</summary>
    private void SolveFor(ReadOnlySpan<bool> used, Span<double> solution)
    {
        Span<double> matrix =
        [
            _n * (1 + Ridge), _nr, _nc, _tn,
            _nr, _rr * (1 + Ridge), _rc, _tr,
            _nc, _rc, _cc * (1 + Ridge), _tc,
        ];
        for (int i = 0; i < 3; i++)
        {
            if (!used[i])
                continue;
            for (int j = i + 1; j < 3; j++)
            {
                if (!used[j])
                    continue;
                double factor = matrix[(j * 4) + i] / matrix[(i * 4) + i];
                for (int k = i; k < 4; k++)
                    matrix[(j * 4) + k] -= factor * matrix[(i * 4) + k];
            }
        }

        for (int i = 2; i >= 0; i--)
        {
            double value = matrix[(i * 4) + 3];
            for (int j = i + 1; j < 3; j++)
                value -= used[j] ? matrix[(i * 4) + j] * solution[j] : 0;
            solution[i] = used[i] ? value / matrix[(i * 4) + i] : 0;
        }
    }
}

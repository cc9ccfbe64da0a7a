// The losses, shared by all kernels, value by value: how wrong p is where t was right, and how that changes with p. They
// have the names of their kinds and their settings as further arguments (nnstudio/engine/losses.py has the formulas).
// Cross-entropies are not among them: they are computed from the scores.

inline floatv mean_squared_error(floatv p, floatv t)
{
    return (p - t) * (p - t);
}

inline floatv mean_squared_error_slope(floatv p, floatv t)
{
    return 2.0f * (p - t);
}

inline floatv mean_absolute_error(floatv p, floatv t)
{
    return fabs(p - t);
}

inline floatv mean_absolute_error_slope(floatv p, floatv t)
{
    return select(sign(p - t), p - t, isnan(p - t));  // sign() of NaN is 0
}

inline floatv huber(floatv p, floatv t, float delta)
{
    const floatv d = fabs(p - t);
    return select(delta * (d - 0.5f * delta), 0.5f * d * d, d <= delta);
}

inline floatv huber_slope(floatv p, floatv t, float delta)
{
    return select(clamp(p - t, -delta, delta), p - t, isnan(p - t));
}

// The activation functions, shared by all kernels: each, and the gradient d behind it from its output y, or from its input x
// where the layer is not `from_output`. A function has the name of its layer's kind, and the layer's settings as further
// arguments; a setting that is a word is one of `Setting`. A comparison with NaN is false, so these forms let NaN through, as
// PyTorch does.

enum Setting { PERCEPTRON, STRAIGHT_THROUGH };

#define identity(x) (x)
#define identity_backward(d, y) (d)

INLINE floatv relu(floatv x)
{
    return select(x, ZERO, x <= ZERO);
}

INLINE floatv relu_backward(floatv d, floatv y)
{
    return select(d, ZERO, y <= ZERO);
}

INLINE floatv leaky_relu(floatv x, float slope)
{
    return select(x, slope * x, x <= ZERO);
}

INLINE floatv leaky_relu_backward(floatv d, floatv y, float slope)
{
    return select(d, slope * d, y <= ZERO);
}

INLINE floatv sigmoid(floatv x)
{
    return 1.0f / (1.0f + exp(-x));
}

INLINE floatv sigmoid_backward(floatv d, floatv y)
{
    return d * (y * (1.0f - y));
}

// tanh, expm1 and log1p themselves take two to four times as long on a processor as what is written here, which is as exact
// to 1e-6: near 0, where subtractions would lose digits, the beginning of the Taylor series.
#undef tanh  // a macro in PoCL
#define tanh(x) hyperbolic_tangent(x)
INLINE floatv hyperbolic_tangent(floatv x)
{
    const floatv square = x * x;
    const floatv near = x * (1.0f - square * (1.0f / 3 - square * (2.0f / 15 - square * (17.0f / 315))));
    return select(1.0f - 2.0f / (1.0f + exp(2.0f * x)), near, square < 0.0625f);
}

#define tanh_backward(d, y) ((d) * (1.0f - (y) * (y)))

// exp(x) - 1
INLINE floatv exp_less_one(floatv x)
{
    const floatv near = x * (1.0f + x * (1.0f / 2 + x * (1.0f / 6 + x * (1.0f / 24))));
    return select(exp(x) - 1.0f, near, fabs(x) < 0.1f);
}

// log(1 + t) for t from 0 to 1: t times the polynomial that Chebyshev nodes give for log(1 + t) / t.
INLINE floatv log_one_plus(floatv t)
{
    const float c[9] = {0.99999997f, -0.499995015f, 0.333192713f, -0.248443699f, 0.191114311f,
                        -0.136747697f, 0.078361668f, -0.0295885074f, 0.0052534578f};
    floatv sum = (floatv)(c[8]);
    UNROLL for (int i = 7; i >= 0; i--)
        sum = sum * t + c[i];
    return sum * t;
}

INLINE floatv elu(floatv x, float alpha)
{
    return select(x, alpha * exp_less_one(x), x <= ZERO);
}

INLINE floatv elu_backward(floatv d, floatv y, float alpha)
{
    return select(d, d * (y + alpha), y <= ZERO);
}

// log(1 + exp(x)) without overflow.
INLINE floatv softplus(floatv x)
{
    return select(x, ZERO, x <= ZERO) + log_one_plus(exp(-fabs(x)));
}

// sigmoid(x) = 1 - exp(-y)
INLINE floatv softplus_backward(floatv d, floatv y)
{
    return -d * exp_less_one(-y);
}

INLINE floatv silu(floatv x)
{
    return x / (1.0f + exp(-x));
}

INLINE floatv silu_backward(floatv d, floatv x)
{
    const floatv s = 1.0f / (1.0f + exp(-x));
    return d * (s * (1.0f + x * (1.0f - s)));
}

// x (1 + tanh(v)) / 2 = x sigmoid(u) with u = 2 v = 2 sqrt(2 / pi) (x + 0.044715 x^3).
#define GELU_STEEPNESS 1.5957691216f
#define GELU_CURVE 0.044715f

INLINE floatv gelu(floatv x)
{
    return x / (1.0f + exp(-GELU_STEEPNESS * x * (1.0f + GELU_CURVE * x * x)));
}

// s (1 + x (1 - s) du/dx). Beyond 10 the slope is 0 or 1 to the last digit, and x^3 might overflow.
INLINE floatv gelu_backward(floatv d, floatv x)
{
    const floatv near = select(select(x, (floatv)(10.0f), x > 10.0f), (floatv)(-10.0f), x < -10.0f);
    const floatv square = GELU_CURVE * near * near;
    const floatv s = 1.0f / (1.0f + exp(-GELU_STEEPNESS * near * (1.0f + square)));
    return d * (s * (1.0f + near * (1.0f - s) * GELU_STEEPNESS * (1.0f + 3.0f * square)));
}

INLINE floatv hard_step(floatv x, enum Setting gradient)
{
    return select(select(x, ZERO, x < ZERO), (floatv)(1.0f), x >= ZERO);
}

INLINE floatv hard_step_backward(floatv d, floatv x, enum Setting gradient)
{
    return gradient == PERCEPTRON ? d : select(d, ZERO, fabs(x) > 1.0f);
}

// The activation functions, shared by all kernels: each, and the gradient d behind it from its output y. A function has the
// name of its layer's kind, and the layer's settings as further arguments. A comparison with NaN is false, so these forms
// let NaN through, as PyTorch does.

#define identity(x) (x)
#define identity_backward(d, y) (d)

inline floatv relu(floatv x)
{
    return select(x, ZERO, x <= ZERO);
}

inline floatv relu_backward(floatv d, floatv y)
{
    return select(d, ZERO, y <= ZERO);
}

inline floatv leaky_relu(floatv x, float slope)
{
    return select(x, slope * x, x <= ZERO);
}

inline floatv leaky_relu_backward(floatv d, floatv y, float slope)
{
    return select(d, slope * d, y <= ZERO);
}

inline floatv sigmoid(floatv x)
{
    return 1.0f / (1.0f + exp(-x));
}

inline floatv sigmoid_backward(floatv d, floatv y)
{
    return d * (y * (1.0f - y));
}

#define tanh_backward(d, y) ((d) * (1.0f - (y) * (y)))

// An activation that stands alone (one behind a convolution or dense layer is part of their kernels). SIZE values an image,
// CHUNK of them a work-item.

TASK(forward)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    const size_t start = at(SIZE, block, lane);
    const int first = tile * CHUNK;
    for (int e = first; e < min(first + CHUNK, SIZE); e++)
        STORE(outputs + start + e * BLOCK, ACTIVATE(LOAD(inputs + start + e * BLOCK)));
}

// dX = BACKWARD(DERIVATIVE(dY, Y), X): through this activation, and through the one that made X. Where the derivative does not
// follow FROM_OUTPUT, it is DERIVATIVE(dY, X).
TASK(input_gradient)(AT, global const float *restrict outputs, global const float *restrict output_gradients,
                     global const float *restrict inputs, global float *restrict input_gradients)
{
    const size_t start = at(SIZE, block, lane);
    const int first = tile * CHUNK;
    for (int e = first; e < min(first + CHUNK, SIZE); e++) {
        const size_t place = start + e * BLOCK;
        const floatv d = DERIVATIVE(LOAD(output_gradients + place), LOAD((FROM_OUTPUT ? outputs : inputs) + place));
        GIVE(input_gradients + place, BACKWARD(d, LOAD(inputs + place)));
    }
}

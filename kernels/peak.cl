// What a device can do at most: the yardsticks of the engine X-ray (nnstudio/engine/opencl/peaks.py).

// Multiply-adds on registers alone: CHAINS vectors that do not wait for each other, TURNS times each. Where they begin is
// read and where they end is written, so that no compiler can leave them out.
TASK(arithmetic)(AT, global float *restrict values)
{
    const floatv start = LOAD(values + tile * VECTOR);
    floatv x[CHAINS];
    UNROLL for (int c = 0; c < CHAINS; c++)
        x[c] = start + c;
    for (int turn = 0; turn < TURNS; turn++)
        UNROLL for (int c = 0; c < CHAINS; c++)
            x[c] = x[c] * 0.999f + 0.001f;
    floatv sum = ZERO;
    UNROLL for (int c = 0; c < CHAINS; c++)
        sum += x[c];
    STORE(values + tile * VECTOR, sum);
}

// A copy, with a factor so that it is no mere copy, which some compilers do by means that no layer has. A work-item: CHUNK
// vectors.
TASK(copy)(AT, global const float *restrict from, global float *restrict to)
{
    for (int i = tile * CHUNK * VECTOR; i < (tile + 1) * CHUNK * VECTOR; i += VECTOR)
        STORE(to + i, 0.5f * LOAD(from + i));
}

// Nothing: what remains is the launch.
TASK(nothing)(AT, global float *restrict values)
{
}

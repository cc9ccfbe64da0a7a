// One step of the optimizer over the flat buffer of SIZE parameters, gaps included. The formulas are those of
// nnstudio/engine/optimizers.py. A work-item: CHUNK vectors. Settings by value, prepared by the host in double precision.
//
// Where the gradient is clipped, four launches come before: clear_gaps, squares, norm, clip; where weights are averaged,
// one follows: average.

typedef float16 Settings;
#define RATE settings.s0
#define DECAY settings.s1  // weight decay
#define KEEP1 settings.s2  // momentum, decay of RMSProp, beta1
#define TAKE1 settings.s3  // 1 - KEEP1
#define KEEP2 settings.s4  // beta2
#define TAKE2 settings.s5  // 1 - beta2
#define EPSILON settings.s6
#define ROOT settings.s7   // 1 / sqrt(1 - beta2^t); the other correction is part of RATE
#define LONGEST settings.s8       // what the gradient's length is clipped to
#define KEEP_AVERAGE settings.s9
#define TAKE_AVERAGE settings.sa  // 1 - KEEP_AVERAGE

#define EACH_VECTOR_OF(size)                                                     \
    const int first = tile * CHUNK;                                              \
    for (int i = first * VECTOR; i < min((first + CHUNK) * VECTOR, size); i += VECTOR)
#define EACH_VECTOR EACH_VECTOR_OF(SIZE)

TASK(sgd)(AT, global float *restrict parameters, global const float *restrict gradients, Settings settings)
{
    EACH_VECTOR {
        const floatv w = LOAD(parameters + i), g = LOAD(gradients + i) + DECAY * w;
        STORE(parameters + i, w - RATE * g);
    }
}

TASK(momentum)(AT, global float *restrict parameters, global const float *restrict gradients, Settings settings,
               global float *restrict speeds)
{
    EACH_VECTOR {
        const floatv w = LOAD(parameters + i), g = LOAD(gradients + i) + DECAY * w;
        const floatv v = KEEP1 * LOAD(speeds + i) + g;
        STORE(speeds + i, v);
        STORE(parameters + i, w - RATE * v);
    }
}

TASK(nesterov)(AT, global float *restrict parameters, global const float *restrict gradients, Settings settings,
               global float *restrict speeds)
{
    EACH_VECTOR {
        const floatv w = LOAD(parameters + i), g = LOAD(gradients + i) + DECAY * w;
        const floatv v = KEEP1 * LOAD(speeds + i) + g;
        STORE(speeds + i, v);
        STORE(parameters + i, w - RATE * (g + KEEP1 * v));
    }
}

TASK(rmsprop)(AT, global float *restrict parameters, global const float *restrict gradients, Settings settings,
              global float *restrict squares)
{
    EACH_VECTOR {
        const floatv w = LOAD(parameters + i), g = LOAD(gradients + i) + DECAY * w;
        const floatv s = KEEP1 * LOAD(squares + i) + TAKE1 * g * g;
        STORE(squares + i, s);
        STORE(parameters + i, w - RATE * g / (sqrt(s) + EPSILON));
    }
}

#define ADAM_STEP(w, g)                                                          \
    const floatv m = KEEP1 * LOAD(means + i) + TAKE1 * (g);                      \
    const floatv s = KEEP2 * LOAD(squares + i) + TAKE2 * (g) * (g);              \
    STORE(means + i, m);                                                         \
    STORE(squares + i, s);                                                       \
    STORE(parameters + i, (w) - RATE * m / (sqrt(s) * ROOT + EPSILON))

TASK(adam)(AT, global float *restrict parameters, global const float *restrict gradients, Settings settings,
           global float *restrict means, global float *restrict squares)
{
    EACH_VECTOR {
        const floatv w = LOAD(parameters + i), g = LOAD(gradients + i) + DECAY * w;
        ADAM_STEP(w, g);
    }
}

// DECAY is the learning rate times the weight decay here.
TASK(adamw)(AT, global float *restrict parameters, global const float *restrict gradients, Settings settings,
            global float *restrict means, global float *restrict squares)
{
    EACH_VECTOR {
        const floatv w = LOAD(parameters + i), g = LOAD(gradients + i);
        ADAM_STEP(w - DECAY * w, g);
    }
}

// ---- clipping

constant int NAME(gap_starts)[] = {GAP_STARTS};

// Between two parameters anything may lie, and it must not count. A work-item: one of GAPS gaps, which ends at the next
// multiple of ALIGNMENT values.
TASK(clear_gaps)(AT, global float *restrict gradients)
{
    if (tile < GAPS)
        for (int i = NAME(gap_starts)[tile]; i % ALIGNMENT; i++)
            gradients[i] = 0.0f;
}

// Sums of squares, always in the same order. A work-item: every PARTS-th vector.
TASK(squares)(AT, global const float *restrict gradients, global float *restrict sums)
{
    if (tile >= PARTS)
        return;
    floatv sum = ZERO;
    for (int i = tile * VECTOR; i < SIZE; i += PARTS * VECTOR) {
        const floatv g = LOAD(gradients + i);
        sum += g * g;
    }
    sums[tile] = sum_lanes(sum);
}

// What the gradient has to be multiplied by; 1 if it is not a number, so that everybody sees that. One work-item.
TASK(norm)(AT, global const float *restrict sums, global float *restrict scale, Settings settings)
{
    float sum = 0.0f;
    for (int part = 0; part < PARTS; part++)
        sum += sums[part];
    const float length = sqrt(sum);
    scale[0] = length > LONGEST ? LONGEST / length : 1.0f;
}

TASK(clip)(AT, global float *restrict gradients, global const float *restrict scale)
{
    EACH_VECTOR STORE(gradients + i, scale[0] * LOAD(gradients + i));
}

// ---- the average of all ALL values, running statistics too

TASK(average)(AT, global const float *restrict parameters, global float *restrict averages, Settings settings)
{
    EACH_VECTOR_OF(ALL) STORE(averages + i, KEEP_AVERAGE * LOAD(averages + i) + TAKE_AVERAGE * LOAD(parameters + i));
}

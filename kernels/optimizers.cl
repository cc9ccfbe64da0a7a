// One step of the optimizer over the flat buffer of SIZE parameters, gaps included. The formulas are those of
// nnstudio/engine/optimizers.py. A work-item: CHUNK vectors. Settings by value, prepared by the host in double precision.

typedef float8 Settings;
#define RATE settings.s0
#define DECAY settings.s1  // weight decay
#define KEEP1 settings.s2  // momentum, decay of RMSProp, beta1
#define TAKE1 settings.s3  // 1 - KEEP1
#define KEEP2 settings.s4  // beta2
#define TAKE2 settings.s5  // 1 - beta2
#define EPSILON settings.s6
#define ROOT settings.s7   // 1 / sqrt(1 - beta2^t); the other correction is part of RATE

#define EACH_VECTOR                                                              \
    const int first = tile * CHUNK;                                  \
    for (int i = first * VECTOR; i < min((first + CHUNK) * VECTOR, SIZE); i += VECTOR)

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

// Batch normalization: Y = ACTIVATE(W x + b) with x = (X - mean) scale and scale = 1 / sqrt(variance + EPSILON), channel by
// channel. CHANNELS x PLACES values an image, blocked as the prelude says.
//
// While training, mean and variance are those of all images of the batch; otherwise the running ones, which lie among the
// parameters. What is summed over images is summed for each vector of images, [vector][channel][2], and then joined by one
// work-item a channel, always in the same order. Statistics and means are [channel][2]. Tiles of work over images: TILE
// channels, the last tile may have fewer.

#define EACH_CHANNEL for (int c = tile * TILE; c < min((tile + 1) * TILE, CHANNELS); c++)
#define PLANE(buffer, c) ((buffer) + at(CHANNELS * PLACES, block, lane) + (c) * PLACES * BLOCK)
#define PRESENT(step) (image_numbers(block, lane) < COUNT(step))
#define HERE(buffer, c) ((buffer) + (((block)*LANES + lane) * CHANNELS + (c)) * 2)

// Sums over places go WAYS ways at once, place p on way p % WAYS: an addition need not wait for the one before.
#define WAYS 4
#define IN_WAYS(...)                                              \
    for (int first = 0; first + WAYS <= PLACES; first += WAYS)    \
        UNROLL for (int w = 0; w < WAYS; w++) {                   \
            const int p = first + w;                              \
            __VA_ARGS__                                           \
        }                                                         \
    UNROLL for (int w = 0; w < PLACES % WAYS; w++) {              \
        const int p = PLACES / WAYS * WAYS + w;                   \
        __VA_ARGS__                                               \
    }

inline floatv NAME(all)(const floatv *ways)
{
    return (ways[0] + ways[1]) + (ways[2] + ways[3]);
}

// How many images of a vector the batch has.
inline int NAME(present)(uint count, int vector)
{
    return clamp((int)count - vector * VECTOR, 0, VECTOR);
}

// Mean and sum of squared distances from it (M2), for one vector of images. Distances are taken from one of the values,
// which is near enough to the mean for nothing to be lost.
TASK(spread)(AT, global const float *restrict inputs, global float *restrict spreads, Step step)
{
    if (!TRAINING(step))
        return;
    const intv present = PRESENT(step);
    const float count = max(1, NAME(present)(COUNT(step), block * LANES + lane) * PLACES);
    EACH_CHANNEL {
        global const float *X = PLANE(inputs, c);
        const float origin = X[0];
        floatv sums[WAYS], squares[WAYS];
        UNROLL for (int w = 0; w < WAYS; w++)
            sums[w] = squares[w] = ZERO;
        IN_WAYS({
            const floatv distance = LOAD(X + p * BLOCK) - origin;
            sums[w] += distance;
            squares[w] += distance * distance;
        })
        const float moved = sum_lanes(select(ZERO, NAME(all)(sums), present)) / count;
        HERE(spreads, c)[0] = origin + moved;
        HERE(spreads, c)[1] = sum_lanes(select(ZERO, NAME(all)(squares), present)) - count * moved * moved;
    }
}

// Statistics for the forward pass: joined as Chan, Golub and LeVeque (1983) do, while the running ones follow; or these.
TASK(statistics)(AT, global float *restrict parameters, global const float *restrict spreads,
                 global float *restrict statistics, Step step)
{
    const int c = tile;
    if (c >= CHANNELS)
        return;
    float mean = parameters[RUNNING_MEAN + c], variance = parameters[RUNNING_VARIANCE + c];
    if (TRAINING(step)) {
        const float count = (float)COUNT(step) * PLACES;
        float joined = 0.0f, M2 = 0.0f;
        for (int v = 0; v < VECTORS; v++)
            joined += spreads[(v * CHANNELS + c) * 2] * (NAME(present)(COUNT(step), v) * PLACES / count);
        for (int v = 0; v < VECTORS; v++) {
            const float n = NAME(present)(COUNT(step), v) * PLACES;
            const float distance = spreads[(v * CHANNELS + c) * 2] - joined;
            if (n > 0)
                M2 += spreads[(v * CHANNELS + c) * 2 + 1] + n * distance * distance;
        }
        parameters[RUNNING_MEAN + c] = mean + MOMENTUM * (joined - mean);
        parameters[RUNNING_VARIANCE + c] = variance + MOMENTUM * (M2 / max(1.0f, count - 1) - variance);
        mean = joined;
        variance = max(0.0f, M2) / count;
    }
    statistics[2 * c] = mean;
    statistics[2 * c + 1] = 1.0f / sqrt(variance + EPSILON);
}

TASK(forward)(AT, global const float *restrict parameters, global const float *restrict statistics,
              global const float *restrict inputs, global float *restrict outputs)
{
    EACH_CHANNEL {
        const float mean = statistics[2 * c], factor = parameters[WEIGHT + c] * statistics[2 * c + 1];
        const float bias = parameters[BIAS + c];
        global const float *X = PLANE(inputs, c);
        global float *Y = PLANE(outputs, c);
        for (int p = 0; p < PLACES; p++)
            STORE(Y + p * BLOCK, ACTIVATE((LOAD(X + p * BLOCK) - mean) * factor + bias));
    }
}

// Sums of dY and dY x, for one vector of images.
TASK(gradient_sums)(AT, global const float *restrict statistics, global const float *restrict inputs,
                    global const float *restrict output_gradients, global float *restrict sums, Step step)
{
    const intv present = PRESENT(step);
    EACH_CHANNEL {
        const float mean = statistics[2 * c], scale = statistics[2 * c + 1];
        global const float *X = PLANE(inputs, c), *dY = PLANE(output_gradients, c);
        floatv ds[WAYS], products[WAYS];
        UNROLL for (int w = 0; w < WAYS; w++)
            ds[w] = products[w] = ZERO;
        IN_WAYS({
            const floatv d = LOAD(dY + p * BLOCK);
            ds[w] += d;
            products[w] += d * (LOAD(X + p * BLOCK) - mean);
        })
        HERE(sums, c)[0] = sum_lanes(select(ZERO, NAME(all)(ds), present));
        HERE(sums, c)[1] = scale * sum_lanes(select(ZERO, NAME(all)(products), present));
    }
}

// The gradients of weights and biases, and the means that the inputs' gradient needs: 0 where running statistics were used,
// which do not depend on the inputs.
TASK(gradient_means)(AT, global const float *restrict sums, global float *restrict gradients,
                     global float *restrict means, Step step)
{
    const int c = tile;
    if (c >= CHANNELS)
        return;
    float sum = 0.0f, products = 0.0f;
    for (int v = 0; v < VECTORS; v++) {
        sum += sums[(v * CHANNELS + c) * 2];
        products += sums[(v * CHANNELS + c) * 2 + 1];
    }
    gradients[BIAS + c] = sum;
    gradients[WEIGHT + c] = products;
    const float share = TRAINING(step) ? 1.0f / ((float)COUNT(step) * PLACES) : 0.0f;
    means[2 * c] = sum * share;
    means[2 * c + 1] = products * share;
}

// dX = BACKWARD(W scale (dY - mean(dY) - x mean(dY x)), X); BACKWARD is the derivative of the activation that made X. Images
// that are not there get 0: they have no part in the means.
TASK(input_gradient)(AT, global const float *restrict parameters, global const float *restrict statistics,
                     global const float *restrict means, global const float *restrict inputs,
                     global const float *restrict output_gradients, global float *restrict input_gradients, Step step)
{
    const intv present = PRESENT(step);
    EACH_CHANNEL {
        const float mean = statistics[2 * c], scale = statistics[2 * c + 1], factor = parameters[WEIGHT + c] * scale;
        const float mean_d = means[2 * c], mean_dx = means[2 * c + 1] * scale;
        global const float *X = PLANE(inputs, c), *dY = PLANE(output_gradients, c);
        global float *dX = PLANE(input_gradients, c);
        for (int p = 0; p < PLACES; p++) {
            const floatv x = LOAD(X + p * BLOCK);
            const floatv d = factor * (LOAD(dY + p * BLOCK) - mean_d - (x - mean) * mean_dx);
            GIVE(dX + p * BLOCK, BACKWARD(select(ZERO, d, present), x));
        }
    }
}

// Layer normalization: Y = ACTIVATE(W x + b) with x = (X - mean) scale and scale = 1 / sqrt(variance + EPSILON), where mean
// and variance are those of all SIZE values of an image. Blocked as the prelude says; W and b have SIZE values. What an
// image has two of (mean and scale, two means of gradients) is [vector][2][image]. CHUNK values a work-item.

#define EACH_VALUE for (int e = tile * CHUNK; e < min((tile + 1) * CHUNK, SIZE); e++)
#define HERE(buffer) ((buffer) + (size_t)(block * LANES + lane) * 2 * VECTOR)

// A work-item: one vector of images.
TASK(statistics)(AT, global const float *restrict inputs, global float *restrict statistics)
{
    global const float *X = inputs + at(SIZE, block, lane);
    floatv sum = ZERO, squares = ZERO;
    for (int e = 0; e < SIZE; e++)
        sum += LOAD(X + e * BLOCK);
    const floatv mean = sum * (1.0f / SIZE);
    for (int e = 0; e < SIZE; e++) {
        const floatv distance = LOAD(X + e * BLOCK) - mean;
        squares += distance * distance;
    }
    STORE(HERE(statistics), mean);
    STORE(HERE(statistics) + VECTOR, 1.0f / sqrt(squares * (1.0f / SIZE) + EPSILON));
}

TASK(forward)(AT, global const float *restrict parameters, global const float *restrict statistics,
              global const float *restrict inputs, global float *restrict outputs)
{
    const floatv mean = LOAD(HERE(statistics)), scale = LOAD(HERE(statistics) + VECTOR);
    const size_t start = at(SIZE, block, lane);
    EACH_VALUE {
        const floatv x = (LOAD(inputs + start + e * BLOCK) - mean) * scale;
        STORE(outputs + start + e * BLOCK, ACTIVATE(parameters[WEIGHT + e] * x + parameters[BIAS + e]));
    }
}

// Means over an image of W dY and of W dY x. A work-item: one vector of images.
TASK(gradient_means)(AT, global const float *restrict parameters, global const float *restrict statistics,
                     global const float *restrict inputs, global const float *restrict output_gradients,
                     global float *restrict means)
{
    const floatv mean = LOAD(HERE(statistics)), scale = LOAD(HERE(statistics) + VECTOR);
    const size_t start = at(SIZE, block, lane);
    floatv sum = ZERO, products = ZERO;
    for (int e = 0; e < SIZE; e++) {
        const floatv d = parameters[WEIGHT + e] * LOAD(output_gradients + start + e * BLOCK);
        sum += d;
        products += d * (LOAD(inputs + start + e * BLOCK) - mean);
    }
    STORE(HERE(means), sum * (1.0f / SIZE));
    STORE(HERE(means) + VECTOR, products * scale * (1.0f / SIZE));
}

// dX = BACKWARD(scale (W dY - mean(W dY) - x mean(W dY x)), X); BACKWARD is the derivative of the activation that made X.
TASK(input_gradient)(AT, global const float *restrict parameters, global const float *restrict statistics,
                     global const float *restrict means, global const float *restrict inputs,
                     global const float *restrict output_gradients, global float *restrict input_gradients)
{
    const floatv mean = LOAD(HERE(statistics)), scale = LOAD(HERE(statistics) + VECTOR);
    const floatv mean_d = LOAD(HERE(means)), mean_dx = LOAD(HERE(means) + VECTOR);
    const size_t start = at(SIZE, block, lane);
    EACH_VALUE {
        const floatv value = LOAD(inputs + start + e * BLOCK), x = (value - mean) * scale;
        const floatv d = parameters[WEIGHT + e] * LOAD(output_gradients + start + e * BLOCK) - mean_d - x * mean_dx;
        GIVE(input_gradients + start + e * BLOCK, BACKWARD(scale * d, value));
    }
}

// dW[e] and db[e], sums over all images. A work-item: one value.
TASK(weight_gradient)(AT, global const float *restrict statistics, global const float *restrict inputs,
                      global const float *restrict output_gradients, global float *restrict gradients)
{
    const int e = tile;
    if (e >= SIZE)
        return;
    floatv sum = ZERO, products = ZERO;
    for (int v = 0; v < BLOCKS * LANES; v++) {
        const size_t place = at(SIZE, v / LANES, v % LANES) + e * BLOCK;
        global const float *own = statistics + v * 2 * VECTOR;
        const floatv d = LOAD(output_gradients + place);
        sum += d;
        products += d * (LOAD(inputs + place) - LOAD(own)) * LOAD(own + VECTOR);
    }
    gradients[WEIGHT + e] = sum_lanes(products);
    gradients[BIAS + e] = sum_lanes(sum);
}

// Inverted dropout. SIZE values an image, CHUNK of them a work-item; TOGETHER values are dropped together (1, or a channel).
// The one or those with number f of image i are dropped in step t when hash(seed, t, OP, i * SIZE / TOGETHER + f) < THRESHOLD
// (see random.cl), so the backward pass finds the same values again without storing them.

inline floatv NAME(keep)(floatv value, uint key, uintv numbers)
{
    return select(value * SCALE, ZERO, mix(mix(numbers) ^ key) < THRESHOLD);
}

TASK(forward)(AT, global const float *restrict inputs, global float *restrict outputs, uint seed, Step step)
{
    const size_t start = at(SIZE, block, lane);
    const int first = tile * CHUNK;
    const uint key = random_stream(seed, NUMBER(step), OP);
    const uintv images = image_numbers(block, lane) * (SIZE / TOGETHER);
    for (int e = first; e < min(first + CHUNK, SIZE); e++) {
        const floatv value = LOAD(inputs + start + e * BLOCK);
        STORE(outputs + start + e * BLOCK, TRAINING(step) ? NAME(keep)(value, key, images + e / TOGETHER) : value);
    }
}

// dX = BACKWARD(dY where kept, X); BACKWARD is the derivative of the activation that made X.
TASK(input_gradient)(AT, global const float *restrict output_gradients, global const float *restrict inputs,
                     global float *restrict input_gradients, uint seed, Step step)
{
    const size_t start = at(SIZE, block, lane);
    const int first = tile * CHUNK;
    const uint key = random_stream(seed, NUMBER(step), OP);
    const uintv images = image_numbers(block, lane) * (SIZE / TOGETHER);
    for (int e = first; e < min(first + CHUNK, SIZE); e++) {
        const floatv value = LOAD(output_gradients + start + e * BLOCK);
        const floatv d = TRAINING(step) ? NAME(keep)(value, key, images + e / TOGETHER) : value;
        GIVE(input_gradients + start + e * BLOCK, BACKWARD(d, LOAD(inputs + start + e * BLOCK)));
    }
}

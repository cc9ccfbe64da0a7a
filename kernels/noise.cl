// Gaussian noise. SIZE values an image, CHUNK of them a work-item. While training, value f of image i in step t gets DEVIATION
// times the normally distributed number that the numbers i * SIZE + f of two streams make, those of OP and SECOND_OP (see
// random.cl). That is the same again in each pass, and plays no part in the gradient.

TASK(forward)(AT, global const float *restrict inputs, global float *restrict outputs, uint seed, Step step)
{
    const size_t start = at(SIZE, block, lane);
    const int first = tile * CHUNK;
    const uint first_key = random_stream(seed, NUMBER(step), OP);
    const uint second_key = random_stream(seed, NUMBER(step), SECOND_OP);
    const uintv images = image_numbers(block, lane) * SIZE;
    for (int e = first; e < min(first + CHUNK, SIZE); e++) {
        floatv value = LOAD(inputs + start + e * BLOCK);
        if (TRAINING(step)) {
            const uintv number = mix(images + e);
            value += DEVIATION * normal(mix(number ^ first_key), mix(number ^ second_key));
        }
        STORE(outputs + start + e * BLOCK, value);
    }
}

// dX = BACKWARD(dY, X); BACKWARD is the derivative of the activation that made X.
TASK(input_gradient)(AT, global const float *restrict output_gradients, global const float *restrict inputs,
                     global float *restrict input_gradients)
{
    const size_t start = at(SIZE, block, lane);
    const int first = tile * CHUNK;
    for (int e = first; e < min(first + CHUNK, SIZE); e++) {
        const size_t place = start + e * BLOCK;
        GIVE(input_gradients + place, BACKWARD(LOAD(output_gradients + place), LOAD(inputs + place)));
    }
}

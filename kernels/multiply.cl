// Multiply: Y[e] = A[e] B[e / PLACES] for SIZE values an image, blocked as the prelude says. PLACES is 1 where both inputs
// have one shape; otherwise B has one value for each channel of A. CHUNK values of what is written a work-item.

#define EACH(e, size) for (int e = tile * CHUNK; e < min((tile + 1) * CHUNK, size); e++)
#define OF_FIRST(buffer) ((buffer) + at(SIZE, block, lane))
#define OF_SECOND(buffer) ((buffer) + at(SIZE / PLACES, block, lane))

TASK(forward)(AT, global const float *restrict first, global const float *restrict second, global float *restrict outputs)
{
    EACH(e, SIZE)
        STORE(OF_FIRST(outputs) + e * BLOCK,
              LOAD(OF_FIRST(first) + e * BLOCK) * LOAD(OF_SECOND(second) + e / PLACES * BLOCK));
}

// dA = BACKWARD(dY B, A); BACKWARD is the derivative of the activation that made the input.
TASK(gradient_of_first)(AT, global const float *restrict output_gradients, global const float *restrict first,
                        global const float *restrict second, global float *restrict input_gradients)
{
    EACH(e, SIZE) {
        const floatv d = LOAD(OF_FIRST(output_gradients) + e * BLOCK) * LOAD(OF_SECOND(second) + e / PLACES * BLOCK);
        GIVE(OF_FIRST(input_gradients) + e * BLOCK, BACKWARD(d, LOAD(OF_FIRST(first) + e * BLOCK)));
    }
}

// dB = BACKWARD(sum over PLACES of dY A, B).
TASK(gradient_of_second)(AT, global const float *restrict output_gradients, global const float *restrict first,
                         global const float *restrict second, global float *restrict input_gradients)
{
    EACH(c, SIZE / PLACES) {
        floatv sum = ZERO;
        for (int e = c * PLACES; e < (c + 1) * PLACES; e++)
            sum += LOAD(OF_FIRST(output_gradients) + e * BLOCK) * LOAD(OF_FIRST(first) + e * BLOCK);
        GIVE(OF_SECOND(input_gradients) + c * BLOCK, BACKWARD(sum, LOAD(OF_SECOND(second) + c * BLOCK)));
    }
}

// Merges. An input of SIZE values an image, of an output of OUT_SIZE; where inputs are stacked, this one's values begin at
// OFFSET. Blocked as the prelude says; CHUNK values a work-item.

#define EACH_VALUE for (int e = tile * CHUNK; e < min((tile + 1) * CHUNK, SIZE); e++)

// The sum of two inputs: Y = ACTIVATE(A + B).
TASK(add)(AT, global const float *restrict first, global const float *restrict second, global float *restrict outputs)
{
    const size_t start = at(SIZE, block, lane);
    EACH_VALUE
        STORE(outputs + start + e * BLOCK, ACTIVATE(LOAD(first + start + e * BLOCK) + LOAD(second + start + e * BLOCK)));
}

// One input more: Y = ACTIVATE(Y + X).
TASK(add_more)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    const size_t start = at(SIZE, block, lane);
    EACH_VALUE
        STORE(outputs + start + e * BLOCK, ACTIVATE(LOAD(outputs + start + e * BLOCK) + LOAD(inputs + start + e * BLOCK)));
}

// An input in its place among others.
TASK(stack)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    global const float *X = inputs + at(SIZE, block, lane);
    global float *Y = outputs + at(OUT_SIZE, block, lane) + OFFSET * BLOCK;
    EACH_VALUE
        STORE(Y + e * BLOCK, LOAD(X + e * BLOCK));
}

// The gradient of an input of a sum (OFFSET is 0) or a stack; BACKWARD is the derivative of the activation that made it.
TASK(input_gradient)(AT, global const float *restrict output_gradients, global const float *restrict inputs,
                     global float *restrict input_gradients)
{
    global const float *dY = output_gradients + at(OUT_SIZE, block, lane) + OFFSET * BLOCK;
    const size_t start = at(SIZE, block, lane);
    EACH_VALUE
        GIVE(input_gradients + start + e * BLOCK,
             BACKWARD(LOAD(dY + e * BLOCK), LOAD(inputs + start + e * BLOCK)));
}

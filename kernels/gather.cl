// The batch of a step: samples picked by index from the resident data set and transposed to the blocked layout. Samples lie
// as [sample][value], values as SAMPLE (uchar means value / 255, or float), FEATURES values each. A work-item: CHUNK values
// of one vector of images. Where the batch has no image, values are 0 and the label is -1.

typedef VECTOR_OF(SAMPLE) NAME(samplev);
#if VECTOR == 1
#define VALUES_TO_FLOATV(values) convert_float((values)[0])
#else
#define VALUES_TO_FLOATV(values) to_floatv(VECTOR_OF(vload)(0, values))
#endif

TASK(gather)(AT, global const SAMPLE *restrict samples, global const int *restrict sample_labels,
             global const int *restrict order, global float *restrict inputs, global int *restrict labels, Step step)
{
    const int image = block * BLOCK + lane * VECTOR;
    global const SAMPLE *rows[VECTOR];
    Ints absent;
    UNROLL for (int i = 0; i < VECTOR; i++) {
        const int exists = image + i < (int)COUNT(step);
        const int sample = exists ? order[FIRST(step) + image + i] : 0;
        rows[i] = samples + (size_t)sample * FEATURES;
        absent.each[i] = exists ? 0 : -1;
        if (tile == 0)
            labels[image + i] = exists ? sample_labels[sample] : -1;
    }
    global float *X = inputs + at(FEATURES, block, lane);
    const int first = tile * CHUNK;
    for (int e = first; e < min(first + CHUNK, FEATURES); e++) {
        SAMPLE values[VECTOR];
        UNROLL for (int i = 0; i < VECTOR; i++)
            values[i] = rows[i][e];
        STORE(X + e * BLOCK, select(VALUES_TO_FLOATV(values) / DIVISOR, ZERO, absent.all));
    }
}
